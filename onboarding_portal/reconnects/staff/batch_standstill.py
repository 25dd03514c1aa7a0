"""Why a batch under way makes no progress, in words for staff."""

from datetime import datetime

from django.db.models import Count
from django.utils.translation import gettext, ngettext

from onboarding_portal import at_work
from onboarding_portal.reconnects.models import Batch, Failure, State
from onboarding_portal.reconnects.staff.batches import rows_of


def without_workers(*, now: datetime) -> str:
    """What holds up all batches: "" where a worker is alive, or nothing is known. One query."""
    if at_work.WORKER not in at_work.missing(now=now):
        return ""
    return gettext("No worker gives a sign of life: nothing is done until one runs. Nothing is lost.")


def standstill(batch: Batch, *, now: datetime) -> str:
    """For a batch of which something waits; "" if nothing is known to hold it up. Two queries at most."""
    return without_workers(now=now) or _tried_in_vain(batch)


def _tried_in_vain(batch: Batch) -> str:
    """The most frequent reason why those that wait could not be done yet."""
    waiting = rows_of(batch).filter(state=State.QUEUED).exclude(failure="").order_by()
    reason = waiting.values_list("failure").annotate(count=Count("pk")).order_by("-count", "failure").first()
    if reason is None:
        return ""
    failure, count = reason
    told = ngettext(
        "%(count)d could not be done yet and is tried again by itself: %(why)s.",
        "%(count)d could not be done yet and are tried again by themselves: %(why)s.",
        count,
    )
    return told % {"count": count, "why": Failure(failure).label}
