"""Where events go: an address of the company's, and the secret that signs what is sent there."""

import base64
import secrets
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from onboarding_portal.accounts.two_factor.sealing import seal, unseal
from onboarding_portal.public_http import LONGEST_ADDRESS, NotPublic, check

SECRET_BYTES = 32
# After a new secret is made, the former one signs beside it for so long.
FORMER_SIGNS_FOR = timedelta(days=1)
# Pauses after failures in a row: of one event, and of a whole endpoint.
PAUSES = [timedelta(seconds=each) for each in (5, 30, 120, 300, 900, 1800, 3600)]
# An endpoint as a whole pauses after so many refusals in a row, and at once where nobody answers.
REFUSALS_IN_A_ROW = 5
SLOW_SECONDS = 1.0


def pause_after(failures: int) -> timedelta:
    return PAUSES[min(failures, len(PAUSES)) - 1] if failures else timedelta(0)


def new_secret() -> str:
    """As Standard Webhooks writes it."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()}"


def public_address(url: str) -> None:
    try:
        check(url)
    except NotPublic as problem:
        raise ValidationError(str(problem)) from None


class EndpointQuerySet(models.QuerySet["Endpoint"]):
    def listening(self, *, now: datetime) -> "EndpointQuerySet":
        """Those that can be sent something now."""
        return self.filter(Q(paused_until=None) | Q(paused_until__lte=now), is_on=True)


class Endpoint(models.Model):
    name = models.CharField(
        _("name"), max_length=80, help_text=_("Which of your systems it is, for example CRM.")
    )
    url = models.CharField(
        _("address"),
        max_length=LONGEST_ADDRESS,
        validators=[public_address],
        help_text=_("A public https address. Redirects are not followed."),
    )
    is_on = models.BooleanField(
        _("on"),
        default=True,
        help_text=_("Off, nothing is sent. What happened meanwhile can be sent afterwards."),
    )
    created_at = models.DateTimeField(_("made"), default=timezone.now, editable=False)
    sealed_secret = models.TextField(editable=False)
    former_sealed_secret = models.TextField(editable=False, blank=True, default="")
    former_signs_until = models.DateTimeField(null=True, blank=True, editable=False)

    failures = models.PositiveIntegerField(_("failures in a row"), default=0, editable=False)
    pauses = models.PositiveIntegerField(default=0, editable=False)
    paused_until = models.DateTimeField(_("pauses until"), null=True, blank=True, editable=False)
    is_slow = models.BooleanField(_("slow"), default=False, editable=False)
    answered_at = models.DateTimeField(_("last answered"), null=True, blank=True, editable=False)

    objects = EndpointQuerySet.as_manager()

    class Meta:
        verbose_name = _("endpoint")
        verbose_name_plural = _("endpoints")

    def __str__(self) -> str:
        return self.name

    # Mutators

    def renew_secret(self, *, now: datetime) -> str:
        """Returns a new secret. For a day the former one signs as well."""
        secret = new_secret()
        self.former_sealed_secret, self.sealed_secret = self.sealed_secret, seal(secret)
        self.former_signs_until = now + FORMER_SIGNS_FOR
        self.save(update_fields=["former_sealed_secret", "sealed_secret", "former_signs_until"])
        return secret

    def note_answers(self, *, now: datetime, is_slow: bool) -> None:
        """Something was taken: what was wrong is over."""
        fine: dict[str, Any] = {"failures": 0, "pauses": 0, "paused_until": None, "is_slow": is_slow}
        if (self.failures, self.pauses, self.is_slow) != (0, 0, is_slow) or self._answered_before(now):
            Endpoint.objects.filter(pk=self.pk).update(**fine, answered_at=now)

    def note_failures(self, count: int, *, now: datetime, is_silent: bool) -> None:
        """Nothing was taken. `is_silent`: nobody answered at all, so that a further try would be as vain."""
        row = Endpoint.objects.filter(pk=self.pk)
        row.update(failures=F("failures") + count)
        if is_silent or row.filter(failures__gte=REFUSALS_IN_A_ROW).exists():
            until = now + pause_after(self.pauses + 1)
            row.update(pauses=self.pauses + 1, paused_until=until, is_slow=True)

    # Properties

    def secrets(self, *, now: datetime) -> list[str]:
        """What signs, the newest first. Raises CannotBeOpened if SECRET_KEY is another by now."""
        is_former_good = self.former_signs_until is not None and self.former_signs_until > now
        return [unseal(self.sealed_secret), *([unseal(self.former_sealed_secret)] if is_former_good else [])]

    def _answered_before(self, now: datetime) -> bool:
        return self.answered_at is None or now - self.answered_at > timedelta(minutes=1)
