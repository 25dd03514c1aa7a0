"""One reading of all vehicles, which outlives the process that began it."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import IntegrityError, models, transaction
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from onboarding_portal.ev_energy.json_types import Unreadable


class SyncState(models.TextChoices):
    RUNNING = "RUNNING", _("Running")
    COMPLETE = "COMPLETE", _("Complete")
    ABANDONED = "ABANDONED", _("Begun again")
    FAILED = "FAILED", _("Failed")


MOST_NAMED = 100  # vehicles that could not be read and are named one by one


# The list behind the cursor has changed too much by then.
LONGEST_PAUSE = timedelta(hours=6)
# A million vehicles within the usual limit take a day and a half, twice that on busy days.
LONGEST_RUN = timedelta(days=7)


# The clock gives it a slot every 15 minutes (`pace.py`), each of which reads a page at least.
STANDS_STILL_AFTER = timedelta(minutes=17)


class SyncRunQuerySet(models.QuerySet["SyncRun"]):
    # Factories

    def take(self, *, lease_for: timedelta, now: datetime) -> "SyncRun | None":
        """Returns the run to work on, leased to the caller: the unfinished one, else a new one.

        None if another process works on it. A run without progress for too long is begun again, and so is one that
        finds no end.
        """
        running = self.filter(state=SyncState.RUNNING)
        is_too_old = Q(progressed_at__lt=now - LONGEST_PAUSE) | Q(started_at__lt=now - LONGEST_RUN)
        running.filter(is_too_old, lease_expires_at__lt=now).update(
            state=SyncState.ABANDONED, finished_at=now
        )
        lease_id = uuid.uuid4()
        # A lease that ends later than any can was given before the system's clock was set back.
        free = running.filter(Q(lease_expires_at__lt=now) | Q(lease_expires_at__gt=now + 2 * lease_for))
        if free.update(lease_id=lease_id, lease_expires_at=now + lease_for):
            return self.get(lease_id=lease_id)
        try:
            with transaction.atomic():
                return self.create(
                    started_at=now, progressed_at=now, lease_id=lease_id, lease_expires_at=now + lease_for
                )
        except IntegrityError:
            return None

    # Queries

    def running_page_count(self) -> int | None:
        """Returns how far the unfinished run is; None if there is none."""
        return self.filter(state=SyncState.RUNNING).values_list("page_count", flat=True).first()


class SyncRun(models.Model):
    """At most one is running; `cursor` says where to go on, the lease who does."""

    state = models.CharField(_("state"), max_length=9, choices=SyncState, default=SyncState.RUNNING)
    started_at = models.DateTimeField(_("started"))
    progressed_at = models.DateTimeField(_("last progress"))
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)
    cursor = models.CharField(_("cursor"), max_length=200, blank=True, default="")
    lease_id = models.UUIDField(editable=False)
    lease_expires_at = models.DateTimeField(editable=False)

    page_count = models.PositiveIntegerField(_("pages"), default=0)
    vehicle_count = models.PositiveIntegerField(_("vehicles"), default=0)
    created_count = models.PositiveIntegerField(_("new"), default=0)
    unknown_owner_count = models.PositiveIntegerField(_("of owners not known here"), default=0)
    owner_changed_count = models.PositiveIntegerField(_("changed owner"), default=0)
    unreadable_count = models.PositiveIntegerField(_("could not be read"), default=0)
    # [vehicle id, field] of each, the id "" where there is none; as many as MOST_NAMED.
    unreadable = models.JSONField(_("those that could not be read"), default=list, blank=True)
    removed_count = models.PositiveIntegerField(_("removed"), default=0)
    failure = models.CharField(_("why it failed"), max_length=200, blank=True, default="")
    # Why the last slot that came to nothing did; emptied by the next page that is read.
    pause_reason = models.CharField(_("why it waits"), max_length=200, blank=True, default="", db_default="")

    objects = SyncRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("sync run")
        verbose_name_plural = _("sync runs")
        constraints = [
            models.UniqueConstraint(
                fields=["state"], condition=Q(state=SyncState.RUNNING), name="one_sync_run_at_a_time"
            )
        ]
        indexes = [models.Index(fields=["started_at"], name="sync_run_started_at")]

    def __str__(self) -> str:
        return f"{self.started_at:%Y-%m-%d %H:%M}"

    # Queries

    @property
    def unreadable_ids(self) -> list[str] | None:
        """Which vehicles could not be read; None if that is not known of all."""
        ids = [vehicle_id for vehicle_id, _field in self.unreadable]
        return ids if all(ids) and len(ids) == self.unreadable_count else None

    def is_at_work(self, *, now: datetime) -> bool:
        """Whether a process holds it."""
        return self.state == SyncState.RUNNING and self.lease_expires_at >= now

    def stands_still(self, *, now: datetime) -> bool:
        """Whether it is under way, and a whole slot has brought no page."""
        return (
            self.state == SyncState.RUNNING
            and not self.is_at_work(now=now)
            and now - self.progressed_at > STANDS_STILL_AFTER
        )

    # Mutators. Each holds only while the caller has the lease, and says whether it did.

    def progress(
        self,
        *,
        cursor: str,
        counts: dict[str, int],
        unreadable: Sequence[Unreadable],
        lease_for: timedelta,
        now: datetime,
    ) -> bool:
        """Stores where to go on, adds `counts` and the `unreadable`, and renews the lease."""
        added = {name: F(name) + count for name, count in counts.items()}
        named = [*self.unreadable, *([entry.entry_id, entry.field] for entry in unreadable)][:MOST_NAMED]
        return self._update(
            cursor=cursor,
            progressed_at=now,
            pause_reason="",
            lease_expires_at=now + lease_for,
            unreadable=named,
            unreadable_count=F("unreadable_count") + len(unreadable),
            **added,
        )

    def renew(self, *, lease_for: timedelta, now: datetime) -> bool:
        return self._update(lease_expires_at=now + lease_for)

    def complete(self, *, removed_count: int, now: datetime) -> bool:
        return self._update(state=SyncState.COMPLETE, removed_count=removed_count, finished_at=now, cursor="")

    def pause(self, *, why: str) -> bool:
        """Notes why it cannot go on for now."""
        return self._update(pause_reason=why[:200])

    def abandon(self, *, now: datetime) -> bool:
        return self._update(state=SyncState.ABANDONED, finished_at=now)

    def fail(self, *, why: str, now: datetime) -> bool:
        return self._update(state=SyncState.FAILED, failure=why[:200], finished_at=now)

    def release(self, *, now: datetime) -> bool:
        """Gives the run back: the next process goes on from the cursor."""
        return self._update(lease_expires_at=now - timedelta(microseconds=1))

    def _update(self, **values: object) -> bool:
        mine = SyncRun.objects.filter(pk=self.pk, lease_id=self.lease_id, state=SyncState.RUNNING)
        return bool(mine.update(**values))
