"""Who is asked in while sign-up is closed."""

import secrets
from datetime import datetime, timedelta
from typing import Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from onboarding_portal.accounts.models.user import User
from onboarding_portal.addresses import address_to_look_up, normalize_address
from onboarding_portal.tokens import hash_token, token_hashes

INVITATION_LIFETIME = timedelta(days=30)
HASHED_FOR = "accounts.invitation"


class InvitationState(models.TextChoices):
    OPEN = "OPEN", _("Open")
    ACCEPTED = "ACCEPTED", _("Accepted")
    EXPIRED = "EXPIRED", _("Expired")


class InvitationQuerySet(models.QuerySet["Invitation"]):
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

    # Mutators

    def accept(self, *, user: User, now: datetime) -> int:
        """Marks the open invitations to the user's address as used; returns how many there were."""
        return self.for_email(user.email).open(now=now).update(user=user, accepted_at=now)


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

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")

    def __str__(self) -> str:
        return self.email

    # Properties

    def state(self, *, now: datetime) -> InvitationState:
        if self.accepted_at is not None:
            return InvitationState.ACCEPTED
        return InvitationState.OPEN if self.expires_at > now else InvitationState.EXPIRED

    # Mutators

    def renew(self, *, now: datetime) -> str | None:
        """Returns a new token, good for the whole lifetime again; the old one is dead. None if it was accepted."""
        token = secrets.token_urlsafe(32)
        renewed = (
            type(self)
            .objects.filter(pk=self.pk, accepted_at=None)
            .update(token_hash=hash_token(token, purpose=HASHED_FOR), expires_at=now + INVITATION_LIFETIME)
        )
        return token if renewed else None
