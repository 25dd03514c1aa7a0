"""Who an owner is at ev.energy, found out in the background while the owner looks at a page that goes on by itself.

An attempt that waits for it says so in its row, and goes once it is known: the owner's next press finds all there.
"""

import logging
from datetime import datetime, timedelta
from time import monotonic
from uuid import UUID

from django.utils import timezone
from django_tasks import task

from onboarding_portal.accounts.ev_energy_user import ensure_ev_energy_user
from onboarding_portal.accounts.models import User
from onboarding_portal.accounts.on_behalf import on_behalf_of_owner
from onboarding_portal.ev_energy.client import get_client
from onboarding_portal.ev_energy.deadline import deadline
from onboarding_portal.ev_energy.errors import EvEnergyError
from onboarding_portal.ev_energy.priority import Priority, priority
from onboarding_portal.onboarding.models import Attempt
from onboarding_portal.timing import ONBOARDING_LEASE, ONBOARDING_SLICE_SECONDS, SLICE_SECONDS
from onboarding_portal.vehicles.tasks import OWNER_IS_WAITING

logger = logging.getLogger(__name__)

DUE = "user_due_at"
SHORTEST_WAIT = timedelta(seconds=30)


def prepare_later(*, owner: User, now: datetime) -> None:
    """Has the owner found, or made, at ev.energy as soon as a worker is free."""
    attempt = Attempt.objects.create(owner=owner, started_at=now, user_due_at=now)
    prepare_attempt.enqueue(str(attempt.pk))


@task(priority=OWNER_IS_WAITING)
def prepare_attempt(attempt_id: str) -> None:
    """Nothing happens if it was done, or is being done."""
    attempt = Attempt.objects.in_preparation().select_related("owner").filter(pk=UUID(attempt_id)).first()
    if attempt is not None:
        _prepare(attempt, now=timezone.now())


@task()
def prepare_due_attempts() -> None:
    """What a killed worker left, and what did not work before, for a few seconds; the next sweep goes on."""
    started = monotonic()
    while monotonic() - started < SLICE_SECONDS:
        due = Attempt.objects.in_preparation().filter(user_due_at__lte=timezone.now())
        attempt = due.select_related("owner").order_by(DUE).first()
        if attempt is None:
            return
        with priority(Priority.BULK):
            _prepare(attempt, now=timezone.now())


def _prepare(attempt: Attempt, *, now: datetime) -> None:
    rows = Attempt.objects.in_preparation()
    if not rows.take(attempt, due=DUE, until=now + ONBOARDING_LEASE):
        return
    try:
        with on_behalf_of_owner(lambda: attempt.owner), deadline(seconds=ONBOARDING_SLICE_SECONDS):
            ensure_ev_energy_user(user=attempt.owner, client=get_client())
    except EvEnergyError as error:
        logger.info("An owner could not be found at ev.energy yet: %s", type(error).__name__)
        rows.release(attempt, due=DUE, due_at=now + max(SHORTEST_WAIT, now - attempt.started_at))
    else:
        rows.filter(pk=attempt.pk).delete()
