"""The second journey: one reconnect for each time a vehicle's connection is to be repaired.

`next_work_at` is the next moment when a background worker should look at the row, `lease_until` says that
somebody is at it now. A worker that is killed leaves a lease that runs out, and nothing else to clean up.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Count, Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from onboarding_portal import news
from onboarding_portal.accounts.daytime import in_daytime
from onboarding_portal.accounts.models import User, WaitsFor
from onboarding_portal.reconnects.models.announcing import ASKED, kind_of_move, of_reconnects
from onboarding_portal.reconnects.models.batch import Batch
from onboarding_portal.reconnects.models.event import ReconnectEvent
from onboarding_portal.reconnects.models.kinds import CameBack, Failure, Origin
from onboarding_portal.reconnects.models.policy import Policy
from onboarding_portal.reconnects.models.states import OPEN_STATES, State, columns_of_move, sources_of
from onboarding_portal.reconnects.timetable import REMINDERS, UNSTATED_LIFETIME
from onboarding_portal.timing import RECONNECT_LEASE, SAME_CLICK
from onboarding_portal.vehicles.models import MakeOutage, StaleEpisode, Vehicle

DETAIL_LENGTH = 300


def end_of_link(*, expires_at: datetime | None, made_at: datetime | None) -> datetime | None:
    """ev.energy's word, or ours where it gave none."""
    return expires_at or (made_at and made_at + UNSTATED_LIFETIME)


class WrongState(Exception):
    """The reconnect is not, or no longer, in a state from which this step may be taken."""


class ReconnectQuerySet(models.QuerySet["Reconnect"]):
    # Queries

    def open(self) -> "ReconnectQuerySet":
        return self.filter(state__in=OPEN_STATES)

    def unleased(self, *, now: datetime) -> "ReconnectQuerySet":
        """A lease that ends later than any can was given before the system's clock was set back."""
        is_over = Q(lease_until__lte=now) | Q(lease_until__gt=now + 2 * RECONNECT_LEASE)
        return self.filter(Q(lease_until=None) | is_over)

    def due(self, *, now: datetime, by: str = "next_work_at") -> "ReconnectQuerySet":
        """What a worker should look at now, and nobody is at; `by` is the column that says when."""
        return self.unleased(now=now).filter(**{f"{by}__lte": now})

    def awaiting_link(self) -> "ReconnectQuerySet":
        """Those whose owners wait for the way to be prepared. Agrees with `Reconnect.is_link_awaited`."""
        not_made = Q(link_made_at=None) | Q(link_made_at__lt=F("link_wanted_at"))
        return self.open().filter(not_made, link_wanted_at__isnull=False)

    def outside_outages(self) -> "ReconnectQuerySet":
        """Without those whose make has trouble: asking their owners to sign in would be in vain."""
        return self.exclude(MakeOutage.objects.cars("vehicle__"))

    def sendable(self, *, now: datetime) -> "ReconnectQuerySet":
        """Without what the policy asked for while it is off, or while it is not the owner's daytime."""
        policy = Policy.objects.current()
        by_policy = Q(origin=Origin.RULE)
        if not policy.is_on or policy.version is None:
            return self.exclude(by_policy)
        hours = {"from_hour": policy.version.from_hour, "until_hour": policy.version.until_hour}
        awake = in_daytime("vehicle__owner__time_zone", now=now, **hours)
        return self.exclude(by_policy & ~awake)

    def not_opened(self) -> "ReconnectQuerySet":
        """E-mailed, and the owner has neither opened the link, while it worked, nor gone to ev.energy otherwise."""
        mailed = self.filter(state__in=[State.EMAILED, State.EXPIRED], emailed_at__isnull=False)
        return mailed.filter(opened_at=None, redirected_at=None)

    def with_link_run_out(self, *, now: datetime) -> "ReconnectQuerySet":
        """Agrees with `Reconnect.link_works_until`."""
        unstated = Q(expires_at=None, link_made_at__lte=now - UNSTATED_LIFETIME)
        return self.exclude(url="").filter(Q(expires_at__lte=now) | unstated)

    def with_link_used_up(self, *, now: datetime) -> "ReconnectQuerySet":
        """A browser was sent to the link, and the click that asked for it is over: see `Reconnect.is_link_opened`."""
        return self.exclude(url="").filter(
            redirected_at__gte=F("link_made_at"), link_made_at__lte=now - SAME_CLICK
        )

    def never_opened(self) -> "ReconnectQuerySet":
        """Whose owner was e-mailed and has not opened the link; it still works."""
        return self.filter(state=State.EMAILED, opened_at=None, redirected_at=None)

    def gave_up(self) -> "ReconnectQuerySet":
        """Whose owner left for ev.energy and came back without a connection, or not at all; the car is still stale.

        Only the latest reconnect of a car: an earlier one is told by what came after it.
        """
        stopped = Q(state__in=OPEN_STATES, came_back_with=CameBack.STOPPED)
        is_over = Q(state__in=[State.EMAILED, State.EXPIRED])
        later = Reconnect.objects.filter(vehicle=OuterRef("vehicle"), pk__gt=OuterRef("pk"))
        return self.filter(
            stopped | is_over,
            ~Exists(later),
            redirected_at__isnull=False,
            reconnected_at=None,
            vehicle__stale_since__isnull=False,
        )

    def askable(self) -> "ReconnectQuerySet":
        """Those in whose place staff may ask the owner anew: open, or given up and nothing asked since."""
        over = Reconnect.objects.gave_up().filter(state=State.EXPIRED)
        return self.filter(Q(state__in=OPEN_STATES) | Q(pk__in=over.values("pk")))

    def count_by_state(self) -> dict[State, int]:
        """How many rows each state has, zeros included, in one query."""
        counted = dict(self.order_by().values_list("state").annotate(Count("pk")))
        return {state: counted.get(state, 0) for state in State}

    # Factories

    def bulk_create(self, objs: Iterable["Reconnect"], *args: Any, **options: Any) -> list["Reconnect"]:
        """What was left out because the car has an open one is not told of."""
        rows = list(objs)
        with transaction.atomic(using=self.db):
            created = super().bulk_create(rows, *args, **options)
            made = Reconnect.objects.filter(
                state=State.QUEUED,
                vehicle__in=[row.vehicle_id for row in rows],
                created_at__in={row.created_at for row in rows},
            )
            if rows:
                news.tell(lambda: of_reconnects(ASKED, made, now=rows[0].created_at))
        return created

    # Mutators

    def note_repair(self, to: State) -> None:
        """After a move `to` the end: the cars' stale episodes say that it was these reconnects that ended them."""
        if to is State.RECONNECTED:
            StaleEpisode.objects.note_repair(reconnects=self)

    def take_lease(self, *, now: datetime) -> datetime | None:
        """Leases the one row of this queryset; the answer is the lease, or None if somebody is at it.

        Its value names the holder: nobody else can have the same, because the next lease starts later.
        """
        until = now + RECONNECT_LEASE
        return until if self.unleased(now=now).update(lease_until=until) else None

    def take_due(self, *, now: datetime, by: str = "next_work_at") -> "Reconnect | None":
        """Leases the row that has been due for longest and returns it; None when nothing is due.

        On PostgreSQL workers skip each other's rows; SQLite lets one writer in at a time anyway.
        """
        with transaction.atomic():
            row = (
                self.due(now=now, by=by)
                .order_by(by)
                .select_for_update(skip_locked=True, of=("self",))
                .first()
            )
            if row is None:
                return None
            row.lease_until = now + RECONNECT_LEASE
            row.save(update_fields=["lease_until"])
        return row

    def take_due_of_one_owner(
        self, *, along: "ReconnectQuerySet", now: datetime, at_most: int
    ) -> "Reconnect | None":
        """Like `take_due`; what is due for the same owner among `along` is leased with it, under the same lease.

        Who takes for an owner holds a lock on the owner's row meanwhile, so two workers never share one owner's rows.
        """
        until = now + RECONNECT_LEASE
        while first := self.due(now=now).order_by("next_work_at").select_related("vehicle").first():
            owner_id = first.vehicle.owner_id
            with transaction.atomic():
                User.objects.select_for_update().get(pk=owner_id)
                due = along.due(now=now).filter(vehicle__owner=owner_id).order_by("next_work_at", "pk")
                pks = list(due.values_list("pk", flat=True)[:at_most])
                along.due(now=now).filter(pk__in=pks).update(lease_until=until)
                if row := along.filter(pk__in=pks, lease_until=until).order_by("pk").first():
                    return row
        return None

    def release(self, *, lease: datetime, **values: Any) -> bool:
        """Gives the row back, with `values` for what was learned; False if it was somebody else's by now."""
        return bool(self.filter(lease_until=lease).update(lease_until=None, **{"waits_for": "", **values}))


class Reconnect(models.Model):
    vehicle = models.ForeignKey(Vehicle, models.CASCADE, related_name="reconnects", verbose_name=_("vehicle"))
    state = models.CharField(_("state"), max_length=11, choices=State, default=State.QUEUED)
    origin = models.CharField(_("origin"), max_length=5, choices=Origin, default=Origin.STAFF)
    wants_email = models.BooleanField(_("by e-mail"), default=False)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("requested by")
    )
    batch = models.ForeignKey(
        Batch, models.SET_NULL, null=True, blank=True, related_name="reconnects", verbose_name=_("batch")
    )

    # ev.energy's link: a secret, and short-lived. Emptied as soon as it is of no more use.
    url = models.TextField(_("link"), blank=True, default="")
    link_made_at = models.DateTimeField(_("link made"), null=True, blank=True)
    expires_at = models.DateTimeField(_("link expires"), null=True, blank=True)
    # An owner could not leave yet: the background is to make a link, from then on, and the owner's press takes it.
    link_wanted_at = models.DateTimeField(null=True, blank=True, editable=False)
    lasting_until = models.DateTimeField(_("e-mailed link works until"), null=True, blank=True)

    # The links in e-mails are for whoever reads this mailbox; they end when the owner's address is another.
    emailed_to = models.EmailField(_("e-mailed to"), blank=True, default="", editable=False)

    failure = models.CharField(_("failure"), max_length=15, choices=Failure, blank=True, default="")
    failure_detail = models.CharField(
        _("ev.energy's reason"), max_length=DETAIL_LENGTH, blank=True, default=""
    )

    # Somebody waits for the e-mail, on the phone for example: it is not paced.
    at_once = models.BooleanField(default=False, db_default=False, editable=False)
    waits_for = models.CharField(
        _("waits for"), max_length=5, choices=WaitsFor, blank=True, default="", db_default="", editable=False
    )

    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    checks_done = models.PositiveSmallIntegerField(_("checks done"), default=0)
    reminders_sent = models.PositiveSmallIntegerField(_("reminders sent"), default=0)
    next_work_at = models.DateTimeField(_("next work"), null=True, blank=True)
    lease_until = models.DateTimeField(_("in work until"), null=True, blank=True)

    created_at = models.DateTimeField(_("created"), default=timezone.now)
    emailed_at = models.DateTimeField(_("e-mailed"), null=True, blank=True)
    opened_at = models.DateTimeField(_("opened"), null=True, blank=True)
    redirected_at = models.DateTimeField(_("sent to ev.energy"), null=True, blank=True)
    came_back_at = models.DateTimeField(_("back from ev.energy"), null=True, blank=True)
    came_back_with = models.CharField(_("came back"), max_length=7, choices=CameBack, blank=True, default="")
    reconnected_at = models.DateTimeField(_("reconnected"), null=True, blank=True)
    told_at = models.DateTimeField(_("owner told"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)

    objects = ReconnectQuerySet.as_manager()

    class Meta:
        verbose_name = _("reconnect")
        verbose_name_plural = _("reconnects")
        constraints = [
            models.UniqueConstraint(
                fields=["vehicle"],
                condition=Q(state__in=sorted(OPEN_STATES)),
                name="reconnect_one_open_for_each_vehicle",
            ),
            models.UniqueConstraint(fields=["batch", "vehicle"], name="reconnect_once_in_each_batch"),
            models.CheckConstraint(
                condition=Q(state__in=sorted(OPEN_STATES)) | Q(url=""),
                name="reconnect_keeps_no_link_when_ended",
            ),
        ]
        indexes = [
            models.Index(
                fields=["state", "wants_email", "next_work_at"],
                condition=Q(next_work_at__isnull=False),
                name="reconnect_due",
            ),
            models.Index(
                fields=["link_wanted_at"],
                condition=Q(link_wanted_at__isnull=False),
                name="reconnect_link_wanted",
            ),
            models.Index(fields=["batch", "state"], name="reconnect_batch_state"),
            models.Index(fields=["ended_at", "vehicle"], name="reconnect_ended_at"),
            models.Index(fields=["expires_at"], condition=~Q(url=""), name="reconnect_link_expires_at"),
            models.Index(fields=["state", "created_at"], name="reconnect_state_created_at"),
            # For the filters of staff's list.
            models.Index(fields=["created_at"], name="reconnect_created_at"),
            models.Index(fields=["origin"], name="reconnect_origin"),
            models.Index(fields=["failure"], condition=~Q(failure=""), name="reconnect_failure"),
            models.Index(fields=["waits_for"], condition=~Q(waits_for=""), name="reconnect_waits_for"),
            models.Index(
                fields=["id"],
                condition=Q(opened_at__isnull=False)
                | Q(redirected_at__isnull=False)
                | Q(reconnected_at__isnull=False),
                name="reconnect_opened",
            ),
        ]
        permissions = [
            ("request_reconnect_links", _("Can make reconnect links")),
            ("email_reconnect_links", _("Can e-mail reconnect links")),
            ("view_reconnect_links", _("Can see reconnect links, which are secrets")),
        ]

    def __str__(self) -> str:
        return f"{self.vehicle_id} {self.state}"

    def __repr__(self) -> str:
        return f"<Reconnect {self.pk}: {self}>"

    # Mutators

    def save(self, *args: Any, **options: Any) -> None:
        is_new = self._state.adding
        with transaction.atomic():
            super().save(*args, **options)
            if is_new:
                made = type(self).objects.filter(pk=self.pk)
                news.tell(lambda: of_reconnects(ASKED, made, now=self.created_at))

    def move(
        self,
        to: State,
        *,
        now: datetime,
        by: User | None = None,
        note: str = "",
        lease: datetime | None = None,
        **values: Any,
    ) -> None:
        """Takes the reconnect to `to` and writes it into the history, if the table of states allows it.

        `values` are columns that change along with the state. With `lease`, only its holder succeeds. Raises
        WrongState if the row has moved on meanwhile: whoever was first has won, and nothing has changed.
        """
        values = columns_of_move(to, now=now) | values
        with transaction.atomic():
            row = type(self).objects.filter(pk=self.pk, state__in=sources_of(to))
            if lease is not None:
                row = row.filter(lease_until=lease)
            if not row.update(**values):
                raise WrongState(f"A reconnect cannot become {to} now.")
            ReconnectEvent.objects.create(reconnect=self, state=to, at=now, by=by, note=note)
            moved = type(self).objects.filter(pk=self.pk)
            moved.note_repair(to)
            if kind := kind_of_move(to, values, now=now):
                news.tell(lambda: of_reconnects(kind, moved, now=now))
        for name, value in values.items():
            setattr(self, name, value)

    def try_move(self, to: State, *, now: datetime, **values: Any) -> bool:
        """`move` for those whose step does not matter any more if somebody else was first; says whether it went."""
        try:
            self.move(to, now=now, **values)
        except WrongState:
            return False
        return True

    # Properties

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES

    @property
    def reminders(self) -> list[timedelta]:
        """How long after the e-mail. What the policy asked for goes by its version, until that is stopped."""
        if self.origin == Origin.API and not self.wants_email:
            return []  # whoever sends the link reminds of it, too
        if self.origin != Origin.RULE:
            return REMINDERS
        choice = getattr(self, "policy_choice", None)
        if choice is None or choice.reminders_ended_at is not None:
            return []
        return [timedelta(days=days) for days in choice.version.reminder_days]

    @property
    def link_works_until(self) -> datetime | None:
        """When the link ends, by ev.energy's word or, where it gave none, by ours. None if there is no link."""
        if not self.url or not self.is_open:
            return None
        return end_of_link(expires_at=self.expires_at, made_at=self.link_made_at)

    @property
    def is_link_opened(self) -> bool:
        """Whether a browser was sent to the stored link: it is used up then, and only a new one helps."""
        if self.redirected_at is None or self.link_made_at is None:
            return False
        return self.redirected_at >= self.link_made_at

    @property
    def is_link_awaited(self) -> bool:
        """Whether an owner waits for a link that the background has not made yet."""
        if not self.is_open or self.link_wanted_at is None:
            return False
        return self.link_made_at is None or self.link_made_at < self.link_wanted_at

    def has_link_for_browser(self, *, now: datetime) -> bool:
        """Whether the stored link was made for this very click, of which this may be the second half."""
        until = self.link_works_until
        if until is None or until <= now or self.link_made_at is None:
            return False
        return self.link_made_at > now - SAME_CLICK or self.has_link_prepared(now=now)

    def has_link_prepared(self, *, now: datetime) -> bool:
        """Whether the background has made a link for an owner who has not taken it yet."""
        until = self.link_works_until
        is_made = self.link_wanted_at is not None and not self.is_link_awaited and not self.is_link_opened
        return is_made and until is not None and until > now


@dataclass(frozen=True, slots=True, kw_only=True)
class Leased:
    """A reconnect and the lease its holder has on it."""

    reconnect: Reconnect
    lease: datetime
