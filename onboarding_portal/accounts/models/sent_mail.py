"""What was mailed: to whom, of which kind, when, and what the mail server said. Never what stood in it."""

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from onboarding_portal.accounts.models.invitation import Invitation
from onboarding_portal.accounts.models.user import User

ANSWER_LENGTH = 200


class MailKind(models.TextChoices):
    CODE = "CODE", _("Sign-in code")
    NO_CODE = "NO_CODE", _("Why there is no code")
    INVITATION = "INVITATION", _("Invitation")
    SIGN_IN_LINK = "SIGN_IN_LINK", _("Link to sign in")
    RECONNECT = "RECONNECT", _("Please reconnect")
    REMINDER = "REMINDER", _("Reminder")
    GOOD_NEWS = "GOOD_NEWS", _("Reconnected")
    FIRST_CHARGE = "FIRST_CHARGE", _("First smart charge")
    ADDRESS_CHANGED = "ADDRESS_CHANGED", _("Address changed")
    MERGED = "MERGED", _("Accounts merged")
    HELPER = "HELPER", _("Asks a helper")
    STAFF = "STAFF", _("For staff")
    OTHER = "OTHER", _("Other")


class SentMailQuerySet(models.QuerySet["SentMail"]):
    # Queries

    def to(self, owner: User) -> Self:
        return self.filter(owner=owner)

    def refused(self, *, since: datetime) -> Self:
        return self.filter(is_accepted=False, at__gte=since)

    # Mutators

    def note_acceptance(self, *, user: User, email: str) -> int:
        """Mails that invited this address before it had an account belong to the account now."""
        return self.filter(owner=None, invitation__email=email).update(owner=user)


class SentMail(models.Model):
    """One message handed to the mail server, or refused by it. `owner` is empty where the address had no account."""

    owner = models.ForeignKey(
        User, models.CASCADE, null=True, related_name="mails", db_index=False, verbose_name=_("owner")
    )
    invitation = models.ForeignKey(
        Invitation, models.SET_NULL, null=True, related_name="mails", verbose_name=_("invitation")
    )
    kind = models.CharField(_("kind"), max_length=20, choices=MailKind)
    at = models.DateTimeField(_("sent"))
    is_accepted = models.BooleanField(_("accepted by the mail server"))
    answer = models.CharField(
        _("what the mail server said"), max_length=ANSWER_LENGTH, blank=True, default=""
    )

    objects = SentMailQuerySet.as_manager()

    class Meta:
        verbose_name = _("mail sent")
        verbose_name_plural = _("mails sent")
        indexes = [
            models.Index(fields=["owner", "at"], name="sent_mail_owner"),
            models.Index(fields=["at"], name="sent_mail_at"),
            models.Index(fields=["at"], name="sent_mail_refused", condition=Q(is_accepted=False)),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.at:%Y-%m-%d %H:%M}"
