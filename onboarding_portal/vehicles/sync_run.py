"""One reading of all vehicles, which outlives the process that began it."""

import uuid
from datetime import datetime, timedelta

from django.db import IntegrityError, models, transaction
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _


class SyncState(models.TextChoices):
    RUNNING = "RUNNING", _("Running")
    COMPLETE = "COMPLETE", _("Complete")
    ABANDONED = "ABANDONED", _("Begun again")


class SyncRunQuerySet(models.QuerySet["SyncRun"]):
    # Factories

    def take(self, *, lease_for: timedelta, too_old_after: timedelta, now: datetime) -> "SyncRun | None":
        """Returns the run to work on, leased to the caller: the unfinished one, else a new one.

        None if another process works on it. A run without progress for `too_old_after` is begun again.
        """
        running = self.filter(state=SyncState.RUNNING)
        running.filter(progressed_at__lt=now - too_old_after, lease_expires_at__lt=now).update(
            state=SyncState.ABANDONED, finished_at=now
        )
        lease_id = uuid.uuid4()
        free = running.filter(lease_expires_at__lt=now)
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
    removed_count = models.PositiveIntegerField(_("removed"), default=0)

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

    # Mutators. Each holds only while the caller has the lease, and says whether it did.

    def progress(self, *, cursor: str, counts: dict[str, int], lease_for: timedelta, now: datetime) -> bool:
        """Stores where to go on, adds `counts`, and renews the lease."""
        added = {name: F(name) + count for name, count in counts.items()}
        return self._update(cursor=cursor, progressed_at=now, lease_expires_at=now + lease_for, **added)

    def complete(self, *, removed_count: int, now: datetime) -> bool:
        return self._update(state=SyncState.COMPLETE, removed_count=removed_count, finished_at=now, cursor="")

    def abandon(self, *, now: datetime) -> bool:
        return self._update(state=SyncState.ABANDONED, finished_at=now)

    def release(self, *, now: datetime) -> bool:
        """Gives the run back: the next process goes on from the cursor."""
        return self._update(lease_expires_at=now - timedelta(microseconds=1))

    def _update(self, **values: object) -> bool:
        mine = SyncRun.objects.filter(pk=self.pk, lease_id=self.lease_id, state=SyncState.RUNNING)
        return bool(mine.update(**values))
