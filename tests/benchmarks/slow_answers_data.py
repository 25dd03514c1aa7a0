"""The scene of the slow answers: owners who come back, and others who look at their pages."""

import time
from typing import Any

from django.conf import settings
from django.utils import timezone

from onboarding_portal.accounts.models import User
from onboarding_portal.catalogue.models import Make
from onboarding_portal.onboarding.models import Attempt, AttemptState
from tests.benchmarks.start_data import session_of
from tests.factories import make_id, make_owner, make_vehicle


def prepare(*, cars: list[dict[str, str]], rounds: int, visitors: int) -> dict[str, Any]:
    """A session for each visitor; for each round a path, a session and a car for each owner who comes back."""
    for number in range(30):
        Make.objects.create(make_id=make_id("vmak"), name=f"Make {number}", onboardable=True)
    owners = [(User.objects.create_user(car["email"], ev_energy_user_id=car["user_id"]), car) for car in cars]
    returns = [[_return(owner, car) for owner, car in owners] for _ in range(rounds)]
    looking = []
    for _ in range(visitors):
        visitor = make_owner()
        make_vehicle(owner=visitor, last_status_at=timezone.now())
        looking.append(session_of(visitor, settings.AUTHENTICATION_BACKENDS[-1]))
    return {"returns": returns, "visitors": looking}


def _return(owner: User, car: dict[str, str]) -> dict[str, str]:
    attempt = Attempt.objects.create(owner=owner, started_at=timezone.now())
    session = session_of(owner, settings.AUTHENTICATION_BACKENDS[-1])
    return {
        "path": f"/connect/return/{attempt.pk}/",
        "session": session,
        "vehicle_id": car["vehicle_id"],
    }


def wait_until_connected(*, patience_seconds: float) -> int:
    """How many attempts have brought their car, once all have or the patience has run out."""
    gives_up_at = time.monotonic() + patience_seconds
    while True:
        connected = Attempt.objects.filter(state=AttemptState.CONNECTED).count()
        if connected == Attempt.objects.count() or time.monotonic() > gives_up_at:
            return connected
        time.sleep(1)
