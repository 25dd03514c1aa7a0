"""The first journey: one attempt for each time an owner leaves for ev.energy to connect a car."""

import uuid
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from onboarding_portal.catalogue.models import ID_LENGTH
from onboarding_portal.leases import LeasedQuerySet
from onboarding_portal.onboarding.steps import StepCount
from onboarding_portal.owner_limits import MOST_CLAIMS, MOST_REFUSED
from onboarding_portal.timing import ONBOARDING_LEASE

__all__ = ["Attempt", "AttemptState", "Claim", "ClaimState", "StepCount", "TooManyVehicles", "is_hopeless"]

# An attempt that nobody returned to for this long is abandoned. A return that comes even later still counts.
ATTEMPT_LIFETIME = timedelta(hours=24)
FIRST_WAIT = timedelta(seconds=15)
LONGEST_WAIT = timedelta(hours=1)
# A worker that is busy gets to a task later than it was due; after so long the task was lost with its worker.
TASK_LOST_AFTER = timedelta(hours=1)
MAX_TRIES = 80  # with the waits above: about three days


class AttemptState(models.TextChoices):
    STARTED = "STARTED", _("Started")
    RETURNED = "RETURNED", _("Returned")
    CONNECTED = "CONNECTED", _("Connected")
    CANCELLED = "CANCELLED", _("Cancelled")
    REFUSED = "REFUSED", _("Refused")
    ABANDONED = "ABANDONED", _("Abandoned")


class AttemptQuerySet(LeasedQuerySet["Attempt"]):
    # Factories

    def start(self, *, owner_id: int, make_id: str, model_id: str, trim_id: str, now: datetime) -> "Attempt":
        return self.create(
            owner_id=owner_id, make_id=make_id, model_id=model_id, trim_id=trim_id, started_at=now
        )

    # Mutators

    def abandon(self, pks: Collection[uuid.UUID], *, now: datetime) -> None:
        """Ends these as if nobody had come back to them for long. A return to one still counts."""
        rows = self.filter(pk__in=pks, state=AttemptState.STARTED)
        rows.update(state=AttemptState.ABANDONED, ended_at=now)

    def abandon_old(self, *, now: datetime) -> int:
        """Ends the attempts nobody came back to; returns how many."""
        old = self.filter(state=AttemptState.STARTED, started_at__lt=now - ATTEMPT_LIFETIME)
        return old.update(state=AttemptState.ABANDONED, ended_at=now)

    # Queries

    def in_preparation(self) -> "AttemptQuerySet":
        """Those whose owners wait to be sent to ev.energy."""
        return self.filter(state=AttemptState.STARTED, user_due_at__isnull=False)

    def left(self) -> "AttemptQuerySet":
        """Those whose owners went to ev.energy."""
        return self.filter(user_due_at=None)

    def with_due_claims(self, *, now: datetime) -> "AttemptQuerySet":
        return self.filter(pk__in=Claim.objects.due(now=now).values("attempt"))


class Attempt(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="attempts", verbose_name=_("owner")
    )
    state = models.CharField(_("state"), max_length=9, choices=AttemptState, default=AttemptState.STARTED)
    # What was picked, as sent to ev.energy; empty where the choice was left to ev.energy or not needed.
    make_id = models.CharField(_("make id"), max_length=ID_LENGTH, blank=True, default="")
    model_id = models.CharField(_("model id"), max_length=ID_LENGTH, blank=True, default="")
    trim_id = models.CharField(_("trim id"), max_length=ID_LENGTH, blank=True, default="")
    started_at = models.DateTimeField(_("started"), default=timezone.now)
    returned_at = models.DateTimeField(_("returned"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended"), null=True, blank=True)
    # The owner could not leave yet: from then on ev.energy is to be asked for them. The row goes afterwards.
    user_due_at = models.DateTimeField(null=True, blank=True, editable=False)
    # For when its one task was enqueued; None if none waits or runs.
    task_due_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = AttemptQuerySet.as_manager()

    class Meta:
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")
        indexes = [
            models.Index(fields=["state", "started_at"], name="attempt_state_started_at"),
            models.Index(fields=["-started_at"], name="attempt_newest_first"),
            models.Index(fields=["owner", "-started_at"], name="attempt_newest_of_owner"),
            models.Index(fields=["make_id", "-started_at"], name="attempt_newest_of_make"),
            models.Index(
                fields=["user_due_at"], name="attempt_user_due", condition=Q(user_due_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    # Mutators. Each is one conditional update, so that two tabs or two processes cannot undo one another.

    def claim(self, *, vehicle_ids: Sequence[str], now: datetime) -> None:
        """Notes the vehicles a browser came back with. Ids that are noted already stay as they are.

        Raises TooManyVehicles, and nothing is noted.
        """
        with transaction.atomic():
            Attempt.objects.select_for_update().get(pk=self.pk)  # two tabs together bring no more than one
            noted = dict(self.claims.values_list("vehicle_id", "state"))
            if len({*noted, *vehicle_ids}) > MOST_CLAIMS or (
                not noted.keys() >= set(vehicle_ids) and is_hopeless(noted.values())
            ):
                raise TooManyVehicles
            Claim.objects.bulk_create(
                [
                    Claim(attempt=self, vehicle_id=vehicle_id, created_at=now, next_try_at=now)
                    for vehicle_id in vehicle_ids
                ],
                ignore_conflicts=True,
            )
            self._move(
                to=AttemptState.RETURNED,
                unless=[AttemptState.CONNECTED, AttemptState.RETURNED],
                returned_at=now,
                ended_at=None,
            )

    def cancel(self, *, now: datetime) -> None:
        """The owner came back with nothing. An attempt that brought a vehicle before stays what it is."""
        self._move(to=AttemptState.CANCELLED, only=[AttemptState.STARTED], returned_at=now, ended_at=now)

    def refuse(self, *, now: datetime) -> None:
        """What the browser brought cannot be true."""
        self._move(
            to=AttemptState.REFUSED,
            only=[AttemptState.STARTED, AttemptState.CANCELLED, AttemptState.ABANDONED],
            returned_at=now,
            ended_at=now,
        )

    def take_task(self, *, due_at: datetime, now: datetime) -> bool:
        """Whether the caller is to enqueue the attempt's one task. One that should have run long ago was lost."""
        rows = Attempt.objects.filter(pk=self.pk)
        free = Q(task_due_at=None) | Q(task_due_at__lte=now - TASK_LOST_AFTER)
        return rows.filter(free).update(task_due_at=due_at) == 1

    def end_task(self) -> None:
        Attempt.objects.filter(pk=self.pk).update(task_due_at=None)

    def settle(self, *, now: datetime) -> None:
        """Derives the state from what is known of the claims; a vehicle that was stored stays connected."""
        states = set(self.claims.values_list("state", flat=True))
        if ClaimState.STORED in states:
            self._move(to=AttemptState.CONNECTED, unless=[AttemptState.CONNECTED], ended_at=now)
        elif states and ClaimState.PENDING not in states:
            self._move(to=AttemptState.REFUSED, only=[AttemptState.RETURNED], ended_at=now)

    def _move(
        self,
        *,
        to: AttemptState,
        only: Sequence[AttemptState] = (),
        unless: Sequence[AttemptState] = (),
        **fields: datetime | None,
    ) -> None:
        rows = Attempt.objects.filter(pk=self.pk).exclude(state__in=unless)
        if only:
            rows = rows.filter(state__in=only)
        rows.update(state=to, **fields)
        self.refresh_from_db(fields=["state", *fields])


class TooManyVehicles(Exception):
    """The attempt has brought as many vehicles as it may, or too many that were not its owner's."""


class ClaimState(models.TextChoices):
    PENDING = "PENDING", _("Not read back yet")
    STORED = "STORED", _("Connected")
    FOREIGN = "FOREIGN", _("Belongs to somebody else")
    UNKNOWN = "UNKNOWN", _("Not known to ev.energy")


_REFUSED = frozenset({ClaimState.FOREIGN, ClaimState.UNKNOWN})


def is_hopeless(states: Iterable[str]) -> bool:
    """Whether the claims in these states look made up."""
    return sum(state in _REFUSED for state in states) >= MOST_REFUSED


class ClaimQuerySet(LeasedQuerySet["Claim"]):
    def due(self, *, now: datetime) -> "ClaimQuerySet":
        return self.filter(state=ClaimState.PENDING, next_try_at__lte=now).order_by("pk")

    def of_owner(self, owner_id: int, *, since: datetime) -> Iterable[tuple[uuid.UUID, str]]:
        """What the owner has claimed since then: attempt and vehicle id."""
        rows = self.filter(attempt__owner_id=owner_id, created_at__gt=since)
        return rows.values_list("attempt_id", "vehicle_id")

    def next_try_at(self) -> datetime | None:
        """When the first pending claim is due; None if there is none."""
        pending = self.filter(state=ClaimState.PENDING, next_try_at__isnull=False)
        return pending.order_by("next_try_at").values_list("next_try_at", flat=True).first()


class Claim(models.Model):
    """A vehicle a browser said was connected. It is believed once ev.energy says so, too."""

    attempt = models.ForeignKey(Attempt, models.CASCADE, related_name="claims", verbose_name=_("attempt"))
    vehicle_id = models.CharField(_("vehicle id"), max_length=ID_LENGTH, db_index=True)
    state = models.CharField(_("state"), max_length=7, choices=ClaimState, default=ClaimState.PENDING)
    created_at = models.DateTimeField(_("returned"), default=timezone.now)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    next_try_at = models.DateTimeField(_("next try"), null=True, blank=True)

    objects = ClaimQuerySet.as_manager()

    class Meta:
        verbose_name = _("claimed vehicle")
        verbose_name_plural = _("claimed vehicles")
        constraints = [
            models.UniqueConstraint(fields=["attempt", "vehicle_id"], name="claim_once_for_each_attempt")
        ]
        indexes = [models.Index(fields=["state", "next_try_at"], name="claim_state_next_try_at")]

    def __str__(self) -> str:
        return self.vehicle_id

    # Mutators

    def take(self, *, now: datetime) -> bool:
        """Leases the claim to the caller; returns False if somebody else has it or it is no longer due."""
        return Claim.objects.due(now=now).take(self, due="next_try_at", until=now + ONBOARDING_LEASE)

    def resolve(self, *, state: ClaimState) -> None:
        Claim.objects.filter(pk=self.pk, state=ClaimState.PENDING).update(state=state, next_try_at=None)

    def release(self, *, now: datetime) -> None:
        """Makes the claim due again later, in growing steps, and after MAX_TRIES never."""
        wait = min(FIRST_WAIT * 2 ** min(self.tries, 12), LONGEST_WAIT)
        due_at = now + wait if self.tries + 1 < MAX_TRIES else None
        if Claim.objects.release(self, due="next_try_at", due_at=due_at):
            Claim.objects.filter(pk=self.pk).update(tries=F("tries") + 1)
