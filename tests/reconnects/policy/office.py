"""A policy that is on, and cars it is for."""

from datetime import datetime, timedelta
from typing import Any

from onboarding_portal.reconnects.models import Policy, PolicyVersion
from onboarding_portal.reconnects.policy.switch import switch_on, write_rules
from onboarding_portal.vehicles.causes import Cause
from onboarding_portal.vehicles.models import Vehicle
from tests.factories import NOW, make_make, make_model
from tests.reconnects.rows import make_broken_car

# As the form sends them.
RULES = {
    "causes": ["SIGN_IN_EXPIRED"],
    "stale_for_hours": "24",
    "most_a_day": "50",
    "from_hour": "0",
    "until_hour": "24",
    "reminder_days": "3, 7",
    "pause_days": "21",
    "most_askings": "2",
    "trial": "NONE",
    "later_by_hours": "72",
    "why": "To begin with",
}


def write(*, now: datetime = NOW, **rules: Any) -> PolicyVersion:
    """New rules, which say the same as those a form shows at first, but for `rules`."""
    return write_rules(version=PolicyVersion(why="Tried out", **rules), by=None, now=now)


def begin(*, now: datetime = NOW, **rules: Any) -> PolicyVersion:
    version = write(now=now, **rules)
    switch_on(by=None, now=now)
    return version


def is_on() -> bool:
    return Policy.objects.current().is_on


def make_due_cars(count: int = 1, **fields: Any) -> list[Vehicle]:
    """Volvos whose sign-in ran out two days ago."""
    model = make_model("EX30", make=make_make("Volvo"))
    values = {
        "cause": Cause.SIGN_IN_EXPIRED,
        "stale_since": NOW - timedelta(days=2),
        "model": model,
        **fields,
    }
    return [make_broken_car(**values) for _ in range(count)]
