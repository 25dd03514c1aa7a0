"""How old what the portal shows of cars may be, and whether that is as it should be."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from onboarding_portal.vehicles.models import SyncRun, SyncState
from onboarding_portal.vehicles.pace import SLOT, Pace, current_pace


@dataclass(frozen=True, slots=True, kw_only=True)
class DataAge:
    """`every` is how long a reading of all cars takes at the pace in force, by the last whole reading's pages."""

    every: timedelta
    complete_at: datetime | None  # when the last whole reading ended; None if there was none
    vehicles_read: int  # by the reading under way

    def is_late(self, *, now: datetime) -> bool:
        """Whether a whole reading is longer overdue than an outage of minutes or a busy hour explains."""
        return self.complete_at is not None and now - self.complete_at > 2 * self.every + SLOT


def data_age(*, pace: Pace | None = None) -> DataAge:
    """Two queries, and one for the pace if it is not given."""
    complete = SyncRun.objects.filter(state=SyncState.COMPLETE).order_by("-started_at").first()
    running = SyncRun.objects.filter(state=SyncState.RUNNING).first()
    return data_age_of(complete=complete, running=running, pace=pace or current_pace())


def data_age_of(*, complete: SyncRun | None, running: SyncRun | None, pace: Pace) -> DataAge:
    """By the last whole reading and the one under way."""
    pages = max(run.page_count for run in [complete, running] if run) if complete or running else 0
    return DataAge(
        every=pace.reading_takes(pages=pages),
        complete_at=complete.finished_at if complete else None,
        vehicles_read=running.vehicle_count if running else 0,
    )
