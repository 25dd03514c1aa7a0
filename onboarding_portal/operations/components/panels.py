"""Made-up rows for the panels of an owner's own place and of the way to charging smartly."""

from datetime import datetime, timedelta
from typing import Any

from onboarding_portal.accounts.session_rows import SessionRow
from onboarding_portal.consents.models import Consent
from onboarding_portal.consents.text import VERSION
from onboarding_portal.readiness.models import Readiness
from onboarding_portal.readiness.needs import STEPS, Need
from onboarding_portal.readiness.owner.charge_words import Charge
from onboarding_portal.readiness.owner.steps import Way
from onboarding_portal.reconnects.models import HelperLink
from onboarding_portal.vehicles.models import Vehicle


def panels(*, vehicle: Vehicle, make_name: str, now: datetime) -> dict[str, Any]:
    """What the panels take, by the names their templates know."""
    way = Way(
        readiness=Readiness(vehicle=vehicle), asked=STEPS, open_steps=[Need.TARIFF], missing=Need.TARIFF
    )
    return {
        "way": way,
        "charge": _charge(car=make_name, now=now),
        "kwh": 112.4,
        "step": Need.TARIFF,
        "links": _links(now=now),
        "can_be_asked": True,
        "devices": [
            _device("1", "Firefox, Android", is_this=True, now=now),
            _device("2", "Safari, iPhone", now=now),
        ],
        "consents": [_consent(make_name, now=now), _consent(None, now=now)],
    }


def _charge(*, car: str, now: datetime) -> Charge:
    night = {"started_at": now - timedelta(hours=9), "ended_at": now - timedelta(hours=5), "now": now}
    return Charge(car=car, kwh=18, cost="£2.16", co2_kg=2.2, **night)


def _links(*, now: datetime) -> list[HelperLink]:
    """One for each thing that can be said of one: sent, opened, used."""
    seen: list[dict[str, Any]] = [{}, {"opened_at": now}, {"opened_at": now, "used_at": now}]
    return [
        HelperLink(pk=number, email="a.very.long.address@brightfield.example", created_at=now, **each)
        for number, each in enumerate(seen, start=1)
    ]


def _device(name: str, browser: str, *, now: datetime, is_this: bool = False) -> SessionRow:
    return SessionRow(name=name, began_at=now, seen_at=now, network="", browser=browser, is_this=is_this)


def _consent(make_name: str | None, *, now: datetime) -> Consent:
    consent = Consent(text_version=VERSION, said_at=now)
    setattr(consent, "make_name", make_name)  # noqa: B010  as rows of the query `of` have it
    return consent
