"""Who is asked in while sign-up is closed."""

import secrets
from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from onboarding_portal.accounts.models.invitation_import import InvitationImport
from onboarding_portal.accounts.models.mail_minute import WaitsFor
from onboarding_portal.accounts.models.user import User
from onboarding_portal.addresses import address_to_look_up, normalize_address
from onboarding_portal.leases import LeasedQuerySet
from onboarding_portal.timing import SAME_CLICK
from onboarding_portal.tokens import hash_token, token_hashes

INVITATION_LIFETIME = timedelta(days=30)
HASHED_FOR = "accounts.invitation"


class InvitationState(models.TextChoices):
    OPEN = "OPEN", _("Open")
    ACCEPTED = "ACCEPTED", _("Accepted")
    EXPIRED = "EXPIRED", _("Expired")


class InvitationQuerySet(LeasedQuerySet["Invitation"]):
    # Factories

    def invite(self, *, email: str, invited_by: "User | None", now: datetime) -> tuple["Invitation", str]:
        """Returns a new invitation and its token, which is not stored and cannot be shown again."""
        token = secrets.token_urlsafe(32)
        invitation = self.create(
            email=normalize_address(email),
            token_hash=hash_token(token, purpose=HASHED_FOR),
            invited_by=invited_by,
            created_at=now,
            expires_at=now + INVITATION_LIFETIME,
        )
        return invitation, token

    # Queries

    def open(self, *, now: datetime) -> Self:
        return self.filter(accepted_at=None, expires_at__gt=now)

    def for_email(self, email: str) -> Self:
        return self.filter(email=address_to_look_up(email))

    def with_token(self, token: str) -> Self:
        return self.filter(token_hash__in=token_hashes(token, purpose=HASHED_FOR))

    def unmailed(self) -> Self:
        """Those from files whose e-mail still waits."""
        return self.filter(mailed_at=None, mail_due_at__isnull=False)

    def mail_due(self, *, now: datetime) -> Self:
        return self.filter(mail_due_at__lte=now)

    # Mutators

    def accept(self, *, user: User, now: datetime) -> int:
        """Marks the open invitations to the user's address as used; returns how many there were.

        The name staff gave is the owner's, unless they have one.
        """
        rows = self.for_email(user.email).open(now=now)
        named = rows.exclude(name="").order_by("-created_at").first()
        if named is not None:
            User.objects.filter(pk=user.pk, name="").update(name=named.name)
        return rows.update(user=user, accepted_at=now, mail_due_at=None)

    def end(self, *, email: str, now: datetime) -> int:
        """The links to this address are dead; returns how many there were."""
        return self.for_email(email).open(now=now).update(expires_at=now)


class Invitation(models.Model):
    """Lets one address in while sign-up is closed."""

    email = models.EmailField(_("e-mail address"), db_index=True)
    token_hash = models.CharField(max_length=64, unique=True, editable=False)
    invited_by = models.ForeignKey(
        User, models.SET_NULL, null=True, related_name="+", verbose_name=_("invited by")
    )
    user = models.ForeignKey(
        User, models.CASCADE, null=True, related_name="invitations", verbose_name=_("user")
    )
    created_at = models.DateTimeField(_("created"))
    expires_at = models.DateTimeField(_("expires"))
    accepted_at = models.DateTimeField(_("accepted"), null=True)

    # By the first browser or program that followed the link; kept only where the link may stand for a code.
    opened_at = models.DateTimeField(_("opened"), null=True, editable=False)

    # What staff know of the owner beforehand. The make is ev.energy's id of it: the catalogue is a room above.
    name = models.CharField(_("name"), max_length=100, blank=True, default="", db_default="")
    language = models.CharField(_("language"), max_length=10, blank=True, default="", db_default="")
    make_id = models.CharField(_("make"), max_length=40, blank=True, default="", db_default="")
    note = models.CharField(_("note"), max_length=500, blank=True, default="", db_default="")

    # The e-mail of one from a file goes out in the background; whoever is at it moves its time forward first.
    source = models.ForeignKey(
        InvitationImport,
        models.SET_NULL,
        null=True,
        db_index=False,  # the index below begins with it
        related_name="invitations",
        verbose_name=_("from"),
    )
    mail_due_at = models.DateTimeField(_("e-mail due"), null=True, editable=False)
    waits_for = models.CharField(
        _("waits for"), max_length=5, choices=WaitsFor, blank=True, default="", db_default="", editable=False
    )
    mail_tries = models.PositiveSmallIntegerField(_("tries"), default=0, db_default=0, editable=False)
    mailed_at = models.DateTimeField(_("e-mailed"), null=True, editable=False)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
        indexes = [
            models.Index(fields=["source", "mail_due_at"], name="invitation_source"),
            models.Index(
                fields=["mail_due_at"], condition=Q(mail_due_at__isnull=False), name="invitation_mail_due"
            ),
        ]

    def __str__(self) -> str:
        return self.email

    # Properties

    def state(self, *, now: datetime) -> InvitationState:
        if self.accepted_at is not None:
            return InvitationState.ACCEPTED
        return InvitationState.OPEN if self.expires_at > now else InvitationState.EXPIRED

    def is_fresh(self, *, now: datetime) -> bool:
        """Whether it was made or renewed by this very click, of which this may be the second half."""
        return self.expires_at - INVITATION_LIFETIME > now - SAME_CLICK

    # Mutators

    def note_mailed(self, *, now: datetime) -> None:
        """The link is out, so it works, also if the file it came from was stopped at this very moment."""
        type(self).objects.filter(pk=self.pk).update(
            mailed_at=now, mail_due_at=None, expires_at=now + INVITATION_LIFETIME
        )

    def renew(self, *, now: datetime) -> str | None:
        """Returns a new token, good for the whole lifetime again; the old one is dead. None if it was accepted."""
        token = secrets.token_urlsafe(32)
        renewed = (
            type(self)
            .objects.filter(pk=self.pk, accepted_at=None)
            .update(
                token_hash=hash_token(token, purpose=HASHED_FOR),
                expires_at=now + INVITATION_LIFETIME,
                opened_at=None,
            )
        )
        return token if renewed else None
