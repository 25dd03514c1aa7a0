"""When each job of the clock is due, and how it went the last time: a row that outlives every clock.

In the database, not in the cache: regular work goes on while a cache is away, and staff can see why it does not.
"""

from datetime import datetime, timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

# A job whose clock was killed is begun again after this, or after its interval if that is less.
LONGEST_LEASE = timedelta(minutes=10)
# What is written on one machine is read on another.
CLOCKS_DIFFER_BY = timedelta(minutes=1)
# After a failure. Then it is tried in the last of these, and never less often than it is due anyway.
PAUSES = [timedelta(seconds=seconds) for seconds in (30, 60, 120, 300, 900)]
FAILURE_LENGTH = 200


class RegularJobQuerySet(models.QuerySet["RegularJob"]):
    # Mutators

    def take(self, name: str, *, every: timedelta, now: datetime) -> datetime | None:
        """Returns until when the caller has the job, None if it is not due or somebody else was faster."""
        row, _created = self.get_or_create(name=name, defaults={"next_at": now})
        until = now + min(every, LONGEST_LEASE)
        is_ours = row.is_due(every=every, now=now) and self._held(name, row.next_at).update(next_at=until)
        return until if is_ours else None

    def note_done(self, name: str, *, held_until: datetime, next_at: datetime, now: datetime) -> None:
        self._held(name, held_until).update(next_at=max(next_at, now), done_at=now, tries=0, failure="")

    def note_failure(
        self, name: str, *, held_until: datetime, why: str, every: timedelta, now: datetime
    ) -> timedelta:
        """Returns the pause until the job is tried again."""
        tries = self.filter(name=name).values_list("tries", flat=True).first() or 0
        pause = min(PAUSES[min(tries, len(PAUSES) - 1)], every)
        self._held(name, held_until).update(
            next_at=now + pause, tries=tries + 1, failed_at=now, failure=why[:FAILURE_LENGTH]
        )
        return pause

    def _held(self, name: str, next_at: datetime) -> "RegularJobQuerySet":
        return self.filter(name=name, next_at=next_at)


class RegularJob(models.Model):
    """While a clock is at it, `next_at` says until when nobody else begins."""

    name = models.CharField(_("job"), max_length=40, primary_key=True)
    next_at = models.DateTimeField(_("due next"))
    done_at = models.DateTimeField(_("last done"), null=True, blank=True)
    failed_at = models.DateTimeField(_("last failed"), null=True, blank=True)
    tries = models.PositiveIntegerField(_("failed in a row"), default=0)
    failure = models.CharField(_("why it failed"), max_length=FAILURE_LENGTH, blank=True, default="")

    objects = RegularJobQuerySet.as_manager()

    class Meta:
        verbose_name = _("regular job")
        verbose_name_plural = _("regular jobs")

    def __str__(self) -> str:
        return self.name

    def is_due(self, *, every: timedelta, now: datetime) -> bool:
        """A moment further away than the job's interval was written before the system's clock was set back."""
        return self.next_at <= now or self.next_at > now + every + CLOCKS_DIFFER_BY
