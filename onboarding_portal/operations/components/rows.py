"""Made-up rows for the living page: nothing of them is in the database, and nothing of it is asked."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from onboarding_portal.catalogue.models import Make, Model, Trim
from onboarding_portal.catalogue.pick import Pick
from onboarding_portal.catalogue.search import SearchResult
from onboarding_portal.operations.components.panels import panels
from onboarding_portal.reconnects.owner.progress import LEAVING, REFUSED, TURNED_BACK, WAITING, Progress
from onboarding_portal.vehicles.cards import Card, day_and_time
from onboarding_portal.vehicles.causes import Cause
from onboarding_portal.vehicles.conditions import Condition
from onboarding_portal.vehicles.happened import happened
from onboarding_portal.vehicles.models import Integration, Leaving, StaleReason, Vehicle

MAKE = Make(make_id="vmke01000000000000000000000001", name="Volkswagen Commercial Vehicles")
MODEL = Model(model_id="vmdl01000000000000000000000001", make=MAKE, name="ID. Buzz Cargo Pro 79 kWh")
TRIM = Trim(trim_id="vtrm01000000000000000000000001", model=MODEL, name="4Motion")
HITS = [Pick(make=MAKE), Pick(make=MAKE, model=MODEL), Pick(make=MAKE, model=MODEL, trim=TRIM)]
LONG_AGO = timedelta(days=40)
PROGRESS_KINDS = sorted(WAITING | TURNED_BACK | LEAVING | REFUSED | {"back", "over"})

_SILENT: dict[str, Any] = {"stale_reason": StaleReason.SILENT}
_LOST: dict[str, Any] = {"integration": Integration.INACTIVE, "stale_reason": StaleReason.CONNECTION_LOST}
# What makes a car look so; a condition that has no row here fails in tests/operations/test_components.py.
CONDITIONS: dict[Condition, dict[str, Any]] = {
    Condition.WORKING: {"is_charging": True},
    Condition.WAITING: {"last_status_at": None},
    Condition.TROUBLE: {**_LOST, "has_outage": True},
    Condition.CONNECTION_LOST: {**_LOST, "cause": Cause.ACCOUNT_LOCKED},
    Condition.BLOCKED: {**_SILENT, "cause": Cause.KEY_NOT_PAIRED},
    Condition.SILENT: _SILENT,
    Condition.ASLEEP: {**_SILENT, "cause": Cause.ASLEEP_OR_OUT_OF_COVERAGE},
    Condition.MARKED: {"stale_reason": StaleReason.MARKED_BY_STAFF},
    Condition.SMART_CHARGING_OFF: {"is_smart_charging_on": False},
    Condition.SWITCHED_OFF: {"is_disabled": True},
    Condition.NOT_CONNECTED: {"integration": Integration.UNINTEGRATED},
    Condition.REMOVING: {"leaving": Leaving.REMOVING},
    Condition.DISCONNECTING: {"leaving": Leaving.DISCONNECTING},
    Condition.LET_GO: {"leaving": Leaving.DISCONNECTED},
}


class ExampleForm(forms.Form):
    email = forms.EmailField(
        label=_("E-mail address"), help_text=_("We send a code. No password to remember.")
    )

    def clean(self) -> None:
        if self.is_bound:
            self.add_error(None, _("That did not work. Please try again."))


def parts(*, now: datetime) -> dict[str, Any]:
    """What the templates of owners' pages take, for each of them."""
    cards = [Card(_vehicle(values, now=now), now) for values in CONDITIONS.values()]
    return {
        "cards": cards,
        "under_way": {"waiting": set(), "refused": set()},
        "ahead": {},
        "kinds": ["", "good", "warn", "bad", "quiet"],
        "progress_kinds": [_progress(kind, now=now) for kind in PROGRESS_KINDS],
        "form": ExampleForm(label_suffix="", auto_id="example_%s"),
        "wrong_form": ExampleForm({"email": "jo@"}, label_suffix="", auto_id="wrong_%s"),
        "found": SearchResult(hits=HITS, is_cut=True, is_guess=True),
        "nothing_found": SearchResult(hits=[], is_cut=False, is_guess=False),
        "makes": [MAKE] * 4,
        "query": "buzz",
        "pick": Pick(make=MAKE, model=MODEL),
        "steps_so_far": range(1, 6),
        "vehicle": cards[0].vehicle,
        **panels(vehicle=cards[0].vehicle, make_name=MAKE.name, now=now),
    }


def _vehicle(values: dict[str, Any], *, now: datetime) -> Vehicle:
    usual: dict[str, Any] = {
        "vehicle_id": "vhcl01000000000000000000000001",
        "make": MAKE,
        "model": MODEL,
        "integration": Integration.ACTIVE,
        "connected_at": now - LONG_AGO,
        "last_status_at": now - timedelta(minutes=5),
        "state_of_charge_percentage": 64,
        "is_plugged_in": True,
    }
    if values.get("stale_reason"):
        usual["stale_since"] = usual["last_status_at"] = now - timedelta(days=3)
    has_outage = values.get("has_outage", False)
    vehicle = Vehicle(**{**usual, **{name: value for name, value in values.items() if name != "has_outage"}})
    setattr(vehicle, "has_outage", has_outage)  # noqa: B010  as rows of the query `of` have it
    return vehicle


def _progress(kind: str, *, now: datetime) -> Progress:
    earlier, later = (day_and_time(now + timedelta(minutes=minutes), now=now) for minutes in (-10, 5))
    return Progress(
        kind=kind,
        make=MAKE.name,
        sent_off=earlier,
        signed_in=earlier if kind == "signed_in" else "",
        next_look=later,
        data_received=earlier,
        refresh_seconds=None,
        happened=happened([(now - timedelta(minutes=10), str(_("You went to sign in again")))], now=now),
    )
