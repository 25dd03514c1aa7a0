"""What each kind of e-mail says in an example. A kind without one fails in tests/accounts/test_mail_looks.py.

The examples are made when they are shown, in the language in force; addresses and links are as long as real ones.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils.formats import date_format

from onboarding_portal.accounts.colleagues.password_pages import CHANGED
from onboarding_portal.catalogue.models import Make
from onboarding_portal.operations.engine.alarms import Alarm, Moment, Notice
from onboarding_portal.operations.engine.conditions import CONDITIONS
from onboarding_portal.operations.engine.telling import ALARM, words_of
from onboarding_portal.readiness.owner.charge_words import Charge
from onboarding_portal.reconnects.owner.ahead import Ahead
from onboarding_portal.vehicles.advice import words_for
from onboarding_portal.vehicles.causes import Cause
from onboarding_portal.vehicles.models import Integration, StaleReason, Vehicle

Example = Callable[[], dict[str, Any]]

END = "x7Zq0Jm4c9Tn-2Wd8Yk5Rb1Ls6Hp3Vf_"
UNTIL = datetime(2027, 3, 14, 12, tzinfo=UTC)
MAKE = "Volkswagen Commercial Vehicles"
CAR = f"{MAKE} ID. Buzz Cargo Pro 79 kWh"


def _link(path: str) -> str:
    return f"{settings.PORTAL_URL}/{path}/{END}/"


def _car(cause: Cause = Cause.ACCOUNT_LOCKED) -> dict[str, Any]:
    vehicle = Vehicle(
        make=Make(name=MAKE),
        integration=Integration.INACTIVE,
        stale_reason=StaleReason.CONNECTION_LOST,
        cause=cause,
    )
    return {
        "car": CAR,
        "words": words_for(vehicle),
        "until": UNTIL,
        "link": _link("reconnect"),
        "moment": date_format(UNTIL, "DATETIME_FORMAT"),
        "stop_url": _link("unsubscribe"),
    }


def _cars() -> dict[str, Any]:
    cars = [
        {**_car(cause), "told_apart_by": "…4711"} for cause in (Cause.ACCOUNT_LOCKED, Cause.KEY_NOT_PAIRED)
    ]
    return {"cars": cars, "signing_in_helps": True, "until": UNTIL, "stop_url": _link("unsubscribe")}


def _code() -> dict[str, Any]:
    return {"code": "KRTWXZ"}


def _helper(name: str = "") -> dict[str, Any]:
    email = "ann.persimmon-lee@example.com"
    return {"name": name, "email": email, "car": CAR, "make": MAKE, "until": UNTIL, "link": _link("help")}


def _invitation() -> dict[str, Any]:
    return {"invitation_url": _link("invite"), "invitation": {"expires_at": UNTIL}}


def _ahead() -> dict[str, Any]:
    return {**_car(), "words": Ahead(Vehicle(make=Make(name=MAKE)), told_from_days=150, age_days=170).words}


def _charge(**values: Any) -> dict[str, Any]:
    said: dict[str, Any] = {"cost": "£2.16", "co2_kg": 2.2, **values}
    ended_at = datetime(2027, 3, 14, 7, 30, tzinfo=UTC)
    charge = Charge(
        car=CAR, started_at=ended_at - timedelta(hours=3), ended_at=ended_at, kwh=18.0, now=ended_at, **said
    )
    return {"car": CAR, "words": charge.words, "charge": charge, "link": _link("vehicles")}


def _alarm(moment: Moment) -> dict[str, Any]:
    alarm = Alarm(name=CONDITIONS[0].name, facts="1,204 tasks", began_at=UNTIL, ended_at=UNTIL)
    return {"words": words_of(Notice(alarm=alarm, moment=moment, is_perhaps_sent=moment == Moment.ENDED))}


def _password() -> dict[str, Any]:
    return {"url": _link("admin/password"), "by": "alex@brightfield.example"}


# By the kind's template, each with a name that says what is special about it.
EXAMPLES: dict[str, dict[str, Example]] = {
    "account/email/login_code": {"": _code},
    "accounts/email/fresh_code": {"": _code},
    "accounts/email/no_code": {"": dict, "invited only": lambda: {"by_invitation": True}},
    "accounts/email/staff_address": {"": dict},
    "accounts/email/invitation": {"": _invitation},
    "accounts/email/sign_in_link": {"": _invitation},
    "accounts/email/merged": {"": dict, "kept": lambda: {"is_kept": True}},
    "accounts/email/address_changed": {"": dict, "by the owner": lambda: {"is_by_owner": True}},
    "accounts/email/address_is_yours": {"": dict},
    "accounts/email/address_code": {"": _code, "new address": lambda: {**_code(), "is_new": True}},
    "accounts/email/address_taken": {"": dict},
    "accounts/email/staff_notice": {"": lambda: {"what": CHANGED}},
    "accounts/email/colleague_invited": {"": _password},
    "accounts/email/password_link": {"": _password},
    "accounts/email/no_password": {"": dict},
    ALARM: {"": lambda: _alarm(Moment.BEGUN), "over": lambda: _alarm(Moment.ENDED)},
    "reconnects/mail/reconnect": {"": _car, "key": lambda: _car(Cause.KEY_NOT_PAIRED)},
    "reconnects/mail/reconnect_many": {"": _cars},
    "reconnects/mail/reminder": {"": _car},
    "reconnects/mail/reminder_many": {"": _cars},
    "reconnects/mail/ahead": {"": _ahead},
    "reconnects/mail/reconnected": {"": _car},
    "reconnects/mail/helper": {"": lambda: _helper(name="Ann Persimmon-Lee"), "no name": _helper},
    "readiness/mail/first_charge": {"": _charge, "nothing said": lambda: _charge(cost="", co2_kg=None)},
}
