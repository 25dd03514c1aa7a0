"""The second journey: one reconnect for each time a vehicle's connection is to be repaired.

`next_work_at` is the next moment when a background worker should look at the row, `lease_until` says that
somebody is at it now. A worker that is killed leaves a lease that runs out, and nothing else to clean up.
"""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from onboarding_portal.accounts.models import User
from onboarding_portal.reconnects.querysets import (
    LastingLinkQuerySet,
    ReconnectQuerySet,
    UnstableVehicleQuerySet,
)
from onboarding_portal.reconnects.states import OPEN_STATES, State, columns_of_move, sources_of
from onboarding_portal.vehicles.models import Vehicle

DETAIL_LENGTH = 300


class WrongState(Exception):
    """The reconnect is not, or no longer, in a state from which this step may be taken."""


class Origin(models.TextChoices):
    OWNER = "OWNER", _("Owner's button")
    STAFF = "STAFF", _("Link by staff")
    EMAIL = "EMAIL", _("E-mail by staff")


class Failure(models.TextChoices):
    UNAVAILABLE = "UNAVAILABLE", _("ev.energy could not be reached")
    LIMITED = "LIMITED", _("Too many requests at the moment")
    NOT_FOUND = "NOT_FOUND", _("ev.energy does not know this vehicle")
    REFUSED = "REFUSED", _("ev.energy refused the request")
    BROKEN_ANSWER = "BROKEN_ANSWER", _("ev.energy's answer could not be understood")
    FOREIGN_LINK = "FOREIGN_LINK", _("The link leads to a foreign site")
    MAIL = "MAIL", _("The e-mail could not be sent")
    NOT_CONNECTABLE = "NOT_CONNECTABLE", _("The vehicle is removed, switched off or not integrated")


class BatchKind(models.TextChoices):
    LINKS = "LINKS", _("Reconnect links")
    EMAILS = "EMAILS", _("E-mails")


class Batch(models.Model):
    """What staff asked for in one go. Its progress is counted from its reconnects, never stored."""

    kind = models.CharField(_("kind"), max_length=6, choices=BatchKind)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("created by")
    )
    created_at = models.DateTimeField(_("created"), default=timezone.now)
    cancelled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("cancelled by")
    )
    cancelled_at = models.DateTimeField(_("cancelled"), null=True, blank=True)
    # The page that was confirmed. Submitting it a second time cannot make a second batch.
    confirmation = models.UUIDField(unique=True, null=True, default=None, editable=False)

    class Meta:
        verbose_name = _("batch")
        verbose_name_plural = _("batches")

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.pk}"


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
    lasting_until = models.DateTimeField(_("e-mailed link works until"), null=True, blank=True)

    failure = models.CharField(_("failure"), max_length=15, choices=Failure, blank=True, default="")
    failure_detail = models.CharField(
        _("ev.energy's reason"), max_length=DETAIL_LENGTH, blank=True, default=""
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
            models.Index(fields=["batch", "state"], name="reconnect_batch_state"),
            models.Index(fields=["ended_at", "vehicle"], name="reconnect_ended_at"),
            models.Index(fields=["expires_at"], condition=~Q(url=""), name="reconnect_link_expires_at"),
            models.Index(fields=["state", "created_at"], name="reconnect_state_created_at"),
            # For the filters of staff's list.
            models.Index(fields=["created_at"], name="reconnect_created_at"),
            models.Index(fields=["origin"], name="reconnect_origin"),
            models.Index(fields=["failure"], condition=~Q(failure=""), name="reconnect_failure"),
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


class ReconnectEvent(models.Model):
    """One step of a reconnect's history. `by` is empty where nobody was signed in: workers, e-mailed links."""

    reconnect = models.ForeignKey(
        Reconnect, models.CASCADE, related_name="events", verbose_name=_("reconnect")
    )
    state = models.CharField(_("state"), max_length=11, choices=State)
    at = models.DateTimeField(_("at"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+", verbose_name=_("by")
    )
    note = models.CharField(_("note"), max_length=200, blank=True, default="")

    class Meta:
        verbose_name = _("step")
        verbose_name_plural = _("steps")

    def __str__(self) -> str:
        return f"{self.get_state_display()} {self.at:%Y-%m-%d %H:%M}"


class LastingLink(models.Model):
    """The link in one e-mail. Each e-mail has its own, since a stored hash cannot be sent a second time."""

    reconnect = models.ForeignKey(Reconnect, models.CASCADE, related_name="lasting_links")
    # Whom it was sent to. The car may change hands; the link then opens nothing any more.
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now)

    objects = LastingLinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("lasting link")
        verbose_name_plural = _("lasting links")

    def __str__(self) -> str:
        return str(self.pk)


class UnstableVehicle(models.Model):
    """A vehicle whose repairs do not hold: no more e-mails to its owner, staff have to look at it."""

    vehicle = models.OneToOneField(
        Vehicle, models.CASCADE, primary_key=True, related_name="unstable", verbose_name=_("vehicle")
    )
    repairs = models.PositiveSmallIntegerField(_("repairs that did not hold"))
    flagged_at = models.DateTimeField(_("flagged"))
    cleared_at = models.DateTimeField(_("cleared"), null=True, blank=True)
    cleared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects = UnstableVehicleQuerySet.as_manager()

    class Meta:
        verbose_name = _("vehicle that needs staff")
        verbose_name_plural = _("vehicles that need staff")

    def __str__(self) -> str:
        return self.vehicle_id
