"""A key with which one of the company's systems calls the API. Several may be in force at once, for rotation."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from onboarding_portal.accounts.models import User
from onboarding_portal.api.keys.secret import hash_secret, looks_like_a_key, make_secret

NAME_LENGTH = 80
HINT_LENGTH = 4
SIGNATURE_LENGTH = 300
LAST_USE_IS_NOTED_EVERY = timedelta(minutes=1)


class Scope(models.TextChoices):
    SESSIONS_WRITE = "sessions:write", _("Hand owners over")
    VEHICLES_READ = "vehicles:read", _("Read owners, cars and reconnects")
    RECONNECTS_WRITE = "reconnects:write", _("Ask owners to reconnect")
    LINKS_READ = "links:read", _("Get links that open an owner’s reconnect, which are secrets")


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    # Factories

    def make(
        self,
        *,
        name: str,
        scopes: Sequence[str],
        origins: Sequence[str],
        by: User | None,
        now: datetime,
        expires_at: datetime | None = None,
    ) -> tuple["ApiKey", str]:
        """Returns the new key and its secret, which nobody can be shown again. IntegrityError for a name in use."""
        secret = make_secret()
        row = self.create(
            name=name,
            scopes=list(scopes),
            origins=list(origins),
            secret_hash=hash_secret(secret),
            hint=secret[-HINT_LENGTH:],
            made_by=by,
            made_by_signature=by.signature if by else "",
            created_at=now,
            expires_at=expires_at,
        )
        return row, secret

    # Queries

    def with_secret(self, secret: str) -> "ApiKey | None":
        """The key of this secret, in force or not; None for what no key looks like or is. One query at most."""
        if not looks_like_a_key(secret):
            return None
        return self.filter(secret_hash=hash_secret(secret)).first()

    def in_force(self, *, now: datetime) -> "ApiKeyQuerySet":
        """Agrees with `ApiKey.is_in_force`."""
        return self.filter(Q(expires_at=None) | Q(expires_at__gt=now), revoked_at=None)


class ApiKey(models.Model):
    name = models.CharField(
        _("name"), max_length=NAME_LENGTH, help_text=_("Which of your systems has it, for example CRM.")
    )
    secret_hash = models.CharField(max_length=64, unique=True, editable=False)
    # The end of it, by which people tell which one they have.
    hint = models.CharField(_("ends with"), max_length=HINT_LENGTH, editable=False)
    scopes = models.JSONField(_("scopes"), default=list)
    # Where an owner who was handed over with this key may be sent back to.
    origins = models.JSONField(_("origins"), default=list, blank=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        related_name="+",
        editable=False,
        verbose_name=_("made by"),
    )
    made_by_signature = models.CharField(
        _("made by"), max_length=SIGNATURE_LENGTH, blank=True, default="", editable=False
    )
    created_at = models.DateTimeField(_("made"), default=timezone.now, editable=False)
    expires_at = models.DateTimeField(_("works until"), null=True, blank=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True, editable=False)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        verbose_name = _("API key")
        verbose_name_plural = _("API keys")
        constraints = [
            # The second half of a double click makes no second key.
            models.UniqueConstraint(
                fields=["name"], condition=Q(revoked_at=None), name="api_key_one_of_a_name_in_force"
            )
        ]
        permissions = [("revoke_apikey", _("Can revoke API keys"))]

    def __str__(self) -> str:
        return self.name

    # Mutators

    def note_use(self, *, now: datetime) -> None:
        """Writes once a minute at most."""
        if self.last_used_at is None or now - self.last_used_at >= LAST_USE_IS_NOTED_EVERY:
            ApiKey.objects.filter(pk=self.pk).update(last_used_at=now)

    def revoke(self, *, now: datetime) -> bool:
        """Ends the key at once and for good; False if it was revoked before."""
        return ApiKey.objects.filter(pk=self.pk, revoked_at=None).update(revoked_at=now) == 1

    # Properties

    def is_in_force(self, *, now: datetime) -> bool:
        """Agrees with the query `in_force`."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > now)

    def may(self, scope: Scope) -> bool:
        return scope in self.scopes

    def allows_origin(self, origin: str) -> bool:
        return origin in self.origins
