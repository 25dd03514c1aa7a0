"""What goes on after the owner's page is answered. Tasks carry ids only; the rows say what is left to do."""

from datetime import timedelta
from time import monotonic
from uuid import UUID

from django.utils import timezone
from django_tasks import task

from onboarding_portal.ev_energy.client import get_client
from onboarding_portal.ev_energy.priority import Priority, priority
from onboarding_portal.onboarding.arrival import read_back
from onboarding_portal.onboarding.models import Attempt
from onboarding_portal.onboarding.preparation import prepare_due_attempts
from onboarding_portal.timing import ONBOARDING_SLICE_SECONDS, SLICE_SECONDS
from onboarding_portal.vehicles.tasks import OWNER_IS_WAITING, enqueue_once


@task(priority=OWNER_IS_WAITING)
def read_back_attempt(attempt_id: str) -> None:
    """Reads back what a return left pending. Nothing happens if nothing is due."""
    attempt = Attempt.objects.select_related("owner").filter(pk=UUID(attempt_id)).first()
    if attempt is None:  # its owner was erased meanwhile
        return
    read_back(attempt=attempt, client=get_client(), now=timezone.now(), seconds=ONBOARDING_SLICE_SECONDS)
    attempt.end_task()
    read_back_later(attempt)


@task(priority=OWNER_IS_WAITING)
def read_back_due_attempts() -> None:
    """Reads back all that is due, a slice at a time. Each round settles claims or puts them off, so it ends."""
    started = monotonic()
    while attempt := Attempt.objects.with_due_claims(now=timezone.now()).select_related("owner").first():
        if monotonic() - started > SLICE_SECONDS:
            enqueue_once(read_back_due_attempts)
            return
        with priority(Priority.BULK):
            read_back(
                attempt=attempt, client=get_client(), now=timezone.now(), seconds=ONBOARDING_SLICE_SECONDS
            )


def read_back_later(attempt: Attempt) -> None:
    """Has the attempt's pending claims read back in the background, as soon as the first of them is due.

    An attempt has one task at a time. What comes due before a task that waits already is left to the sweep.
    """
    next_try_at = attempt.claims.next_try_at()
    if next_try_at is None:
        return
    # A moment after, so that the claim is due for certain when the task runs.
    due_at = next_try_at + timedelta(seconds=1)
    if attempt.take_task(due_at=due_at, now=timezone.now()):
        read_back_attempt.using(run_after=due_at).enqueue(str(attempt.pk))


def sweep_attempts() -> None:
    """Takes up what a killed process left behind, and ends attempts nobody came back to. Runs each minute."""
    now = timezone.now()
    Attempt.objects.abandon_old(now=now)
    if Attempt.objects.with_due_claims(now=now).exists():
        enqueue_once(read_back_due_attempts)
    if Attempt.objects.in_preparation().filter(user_due_at__lte=now).exists():
        enqueue_once(prepare_due_attempts)
