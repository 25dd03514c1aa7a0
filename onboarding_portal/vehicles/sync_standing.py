"""How a reading of all vehicles stands, in words for staff: under way, waiting, standing still, and why."""

from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext

from onboarding_portal import at_work
from onboarding_portal.vehicles.models import SyncRun, SyncState


def standing(run: SyncRun, *, missing: frozenset[str], now: datetime) -> str:
    """`missing` are the kinds of processes that give no sign of life, as `at_work.missing` says."""
    if run.state != SyncState.RUNNING:
        return str(run.get_state_display())
    if run.stands_still(now=now):
        since = date_format(timezone.localtime(run.progressed_at), "DATETIME_FORMAT")
        return gettext("Stands still since %(since)s: %(why)s") % {
            "since": since,
            "why": why_it_stands(run, missing=missing),
        }
    if at_work.CLOCK in missing and not run.is_at_work(now=now):
        return gettext("Waits: %(why)s") % {"why": why_it_stands(run, missing=missing)}
    if run.pause_reason:
        return gettext("Waits: %(why)s") % {"why": run.pause_reason}
    return gettext("Under way")


def why_it_stands(run: SyncRun, *, missing: frozenset[str]) -> str:
    if at_work.CLOCK in missing:
        return gettext("No clock gives a sign of life.")
    return run.pause_reason or gettext(
        "The process that was at it is gone. A clock goes on with it by itself."
    )
