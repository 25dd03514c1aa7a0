"""What was wrong, from when to when; and what is to be told of it, to whom.

Rows, so that a process that is killed loses nothing: what is to be told is stored with what began or ended, in one
transaction, and whoever comes next tells it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

# Not so for so long, and it is over; what comes and goes within it is one alarm.
QUIET_FOR = timedelta(minutes=5)
NAME_LENGTH, ABOUT_LENGTH, FACTS_LENGTH, FAILURE_LENGTH = 40, 40, 300, 60
# How long one process may be at one message.
TELLING_LEASE = timedelta(minutes=1)
# After a failure; the last is repeated.
PAUSES = [timedelta(seconds=seconds) for seconds in (30, 60, 120, 300, 900)]
GIVEN_UP_AFTER = timedelta(days=1)

Key = tuple[str, str]  # the condition's name, and what it is about ("" for all)


class Channel(models.TextChoices):
    MAIL = "MAIL", _("E-mail")
    WEBHOOK = "WEBHOOK", _("Webhook")


class Moment(models.TextChoices):
    BEGUN = "BEGUN", _("Begun")
    ENDED = "ENDED", _("Over")


class AlarmQuerySet(models.QuerySet["Alarm"]):
    # Queries

    def open(self) -> "AlarmQuerySet":
        return self.filter(ended_at=None)

    # Mutators

    def settle(self, so: Mapping[Key, str], *, channels: Sequence[Channel], now: datetime) -> None:
        """Begins alarms for what is so and has none, goes on with those that have, and ends what has been quiet.

        `so` has the facts in words. Two at once do no harm.
        """
        rows = {(row.name, row.about): row for row in self.open()}
        for key, facts in so.items():
            if key not in rows:
                self._begin(key, facts[:FACTS_LENGTH], channels=channels, now=now)
        for key, row in rows.items():
            if key in so:
                self.open().filter(pk=row.pk).update(
                    seen_at=now, quiet_since=None, facts=so[key][:FACTS_LENGTH]
                )
            elif row.quiet_since is None:
                self.open().filter(pk=row.pk).update(quiet_since=now)
            elif row.quiet_since <= now - QUIET_FOR:
                self._end(row, now=now)

    def _begin(self, key: Key, facts: str, *, channels: Sequence[Channel], now: datetime) -> None:
        name, about = key
        try:
            with transaction.atomic():
                row = self.create(name=name, about=about, facts=facts, began_at=now, seen_at=now)
                Notice.objects.ask(row, moment=Moment.BEGUN, channels=channels, now=now)
        except IntegrityError:
            return  # somebody else has begun it

    def _end(self, row: "Alarm", *, now: datetime) -> None:
        """Told by the channels by which it was told that it began, or is still to be."""
        with transaction.atomic():
            if self.open().filter(pk=row.pk, quiet_since=row.quiet_since).update(ended_at=row.quiet_since):
                told = row.notices.filter(moment=Moment.BEGUN).exclude(due_at=None, told_at=None)
                channels = [Channel(channel) for channel in told.values_list("channel", flat=True)]
                Notice.objects.ask(row, moment=Moment.ENDED, channels=channels, now=now)


class Alarm(models.Model):
    """`about` tells two of the same name apart: a kind of process, a job."""

    name = models.CharField(_("what"), max_length=NAME_LENGTH)
    about = models.CharField(_("about"), max_length=ABOUT_LENGTH, blank=True, default="")
    facts = models.CharField(_("in detail"), max_length=FACTS_LENGTH, blank=True, default="")
    began_at = models.DateTimeField(_("began"), db_index=True)
    seen_at = models.DateTimeField(_("last seen"))
    quiet_since = models.DateTimeField(_("not seen since"), null=True, blank=True)
    ended_at = models.DateTimeField(_("over"), null=True, blank=True)

    objects = AlarmQuerySet.as_manager()

    class Meta:
        verbose_name = _("alarm")
        verbose_name_plural = _("alarms")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(
                fields=["name", "about"], condition=Q(ended_at=None), name="one_open_alarm_of_each"
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.about})" if self.about else self.name


class NoticeQuerySet(models.QuerySet["Notice"]):
    # Factories

    def ask(self, alarm: Alarm, *, moment: Moment, channels: Sequence[Channel], now: datetime) -> None:
        self.bulk_create(
            [
                Notice(alarm=alarm, moment=moment, channel=channel, asked_at=now, due_at=now)
                for channel in channels
            ]
        )

    # Queries

    def due(self, channel: Channel, *, now: datetime) -> "NoticeQuerySet":
        """That something is over is told after that it began."""
        first = Notice.objects.filter(
            alarm=models.OuterRef("alarm"), channel=channel, moment=Moment.BEGUN, due_at__isnull=False
        )
        waits = Q(moment=Moment.ENDED) & models.Exists(first)
        return self.filter(channel=channel, due_at__lte=now).exclude(waits).order_by("due_at", "pk")

    # Mutators

    def take(self, channel: Channel, *, now: datetime) -> "Notice | None":
        """The next message of the channel, for the caller alone; None if nothing is due.

        One that a killed process was at is sent once more, as nobody knows whether it went out, and then no more.
        """
        for row in self.due(channel, now=now).select_related("alarm")[:10]:
            mine = self.filter(pk=row.pk, due_at=row.due_at)
            if row.asked_at <= now - GIVEN_UP_AFTER:
                mine.update(due_at=None, sending_since=None, failure="Too late")
                continue
            was_killed = row.sending_since is not None
            if was_killed and row.repeats:
                mine.update(due_at=None, sending_since=None, failure="Stopped twice while sending")
                continue
            row.repeats += was_killed
            row.is_perhaps_sent = row.is_perhaps_sent or was_killed
            row.tries += 1
            row.due_at = now + TELLING_LEASE
            taken = {"repeats": row.repeats, "is_perhaps_sent": row.is_perhaps_sent, "tries": row.tries}
            if mine.update(**taken, due_at=row.due_at, sending_since=now):
                return row
        return None


class Notice(models.Model):
    """One message. `due_at` is empty once it was told, or given up; `sending_since` while nobody knows."""

    alarm = models.ForeignKey(Alarm, models.CASCADE, related_name="notices", verbose_name=_("alarm"))
    moment = models.CharField(_("moment"), max_length=5, choices=Moment)
    channel = models.CharField(_("by"), max_length=7, choices=Channel)
    asked_at = models.DateTimeField(_("asked for"))
    due_at = models.DateTimeField(_("due"), null=True, blank=True)
    sending_since = models.DateTimeField(null=True, blank=True, editable=False)
    told_at = models.DateTimeField(_("told"), null=True, blank=True)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    repeats = models.PositiveSmallIntegerField(default=0, editable=False)
    # A process was stopped while it sent, or no answer came in time.
    is_perhaps_sent = models.BooleanField(_("perhaps sent twice"), default=False)
    failure = models.CharField(_("why it failed"), max_length=FAILURE_LENGTH, blank=True, default="")

    objects = NoticeQuerySet.as_manager()

    class Meta:
        verbose_name = _("message of an alarm")
        verbose_name_plural = _("messages of alarms")
        default_permissions = ("view",)
        constraints = [
            models.UniqueConstraint(fields=["alarm", "moment", "channel"], name="each_moment_is_told_once")
        ]
        indexes = [
            models.Index(fields=["due_at"], name="notice_due", condition=Q(due_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.alarm}: {self.get_moment_display()}, {self.get_channel_display()}"

    # Mutators, for whoever took it

    def note_told(self, *, now: datetime) -> None:
        self._held().update(told_at=now, due_at=None, sending_since=None, failure="")

    def note_failure(self, why: str, *, is_perhaps_sent: bool, now: datetime) -> None:
        """It is tried again after a pause that grows, for a day."""
        is_over = self.asked_at <= now - GIVEN_UP_AFTER
        pause = PAUSES[min(self.tries, len(PAUSES)) - 1]
        self._held().update(
            due_at=None if is_over else now + pause,
            sending_since=None,
            is_perhaps_sent=self.is_perhaps_sent or is_perhaps_sent,
            failure=why[:FAILURE_LENGTH],
        )

    def _held(self) -> models.QuerySet["Notice"]:
        return Notice.objects.filter(pk=self.pk, due_at=self.due_at)
