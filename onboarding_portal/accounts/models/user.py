"""Who uses the portal: owners, who sign in with a mailed code, and staff, who sign in with a password."""

import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import Any, ClassVar, Self

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from onboarding_portal import news
from onboarding_portal.accounts.models.mail_pause import MailPause
from onboarding_portal.addresses import CannotBeMailed, address_to_look_up, normalize_address
from onboarding_portal.leases import LeasedQuerySet
from onboarding_portal.news import News

NAME_LENGTH = 150
ACCESS = ("is_active", "is_staff")


def _of_these_credentials() -> Q:
    return Q(ev_energy_client_id__in=["", settings.EV_ENERGY_CLIENT_ID])


class UserQuerySet(LeasedQuerySet["User"]):
    def linked(self) -> Self:
        """Owners with an id at ev.energy that the credentials in force know. Agrees with `linked_user_id`."""
        return self.exclude(ev_energy_user_id=None).filter(_of_these_credentials())

    def unlinked(self) -> Self:
        return self.filter(Q(ev_energy_user_id=None) | ~_of_these_credentials())

    def with_email(self, email: str) -> Self:
        return self.filter(email=address_to_look_up(email))

    def owners(self) -> Self:
        return self.filter(is_staff=False, is_superuser=False)

    def colleagues(self) -> Self:
        return self.filter(is_staff=True, is_active=True)

    def mailable(self) -> Self:
        """Those to whom batches and the portal itself may write. Agrees with `User.may_be_mailed`."""
        paused = MailPause.objects.in_force().filter(owner=OuterRef("pk"))
        return self.filter(~Exists(paused), is_active=True)

    def merged_into(self, owner: "User") -> Self:
        return self.filter(merged__into=owner)

    def with_due_cars(self, *, now: datetime) -> Self:
        return self.filter(cars_due_at__lte=now)

    def never_used(self) -> Self:
        """Owners who asked for a code and never entered it: nothing hangs on them."""
        return self.filter(
            is_self_registered=True,
            is_staff=False,
            last_login=None,
            ev_energy_user_id=None,
            vehicles=None,
            invitations=None,
        )

    # Mutators

    def update(self, **values: Any) -> int:
        """Sessions end wherever access may be lost, whatever way it is lost: see `User.save`."""
        loses = any(values.get(name, True) is not True for name in ACCESS)
        if loses or "email" in values:
            values.setdefault("session_nonce", uuid.uuid4())
        return super().update(**values)

    def end_sessions(self) -> int:
        """Signs all of these users out everywhere; returns how many they are."""
        return self.update(session_nonce=uuid.uuid4())


class UserManager(BaseUserManager["User"]):
    # Factories

    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Returns a new user, without a usable password unless one is given.

        Raises ValueError without an e-mail address that can be mailed, and IntegrityError if the address is taken.
        """
        if not email:
            raise ValueError("A user needs an e-mail address.")
        user = self.model(email=normalize_address(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, **{**fields, "is_staff": True, "is_superuser": True})

    def get_or_register(self, *, email: str) -> "User":
        """Returns the owner with this address, made now if there is none; two at once get the same one."""
        user, _made = self.get_or_create(
            email=normalize_address(email),
            defaults={"password": make_password(None), "is_self_registered": True},
        )
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=address_to_look_up(username or ""))


class User(AbstractBaseUser, PermissionsMixin):
    email = models.EmailField(
        _("e-mail address"), unique=True, error_messages={"unique": _("This address is taken.")}
    )
    # As the owner says on the account page, or as staff know the person; ev.energy has none.
    name = models.CharField(_("name"), max_length=NAME_LENGTH, blank=True, default="", db_default="")
    ev_energy_user_id = models.CharField(
        _("ev.energy user id"),
        max_length=30,
        unique=True,
        null=True,
        blank=True,
        default=None,
    )
    # Whose id that is: the credentials it was read with. Other credentials know other users.
    ev_energy_client_id = models.CharField(max_length=200, blank=True, default="", editable=False)
    # An owner signed in for the first time: the cars they have at ev.energy already are to be read.
    cars_due_at = models.DateTimeField(null=True, blank=True, editable=False)
    # Until then nobody else may create this owner at ev.energy: a creation is under way, or its answer was lost.
    ev_energy_creation_leased_until = models.DateTimeField(null=True, blank=True, editable=False)
    is_staff = models.BooleanField(_("staff"), default=False, help_text=_("May sign in to the admin."))
    is_active = models.BooleanField(_("active"), default=True)
    is_self_registered = models.BooleanField(
        _("registered themselves"), default=False, help_text=_("Asked for a code without being asked in.")
    )
    wants_reminders = models.BooleanField(_("wants reminders"), default=True)
    # As an owner has chosen, else as the browser said at the latest sign-in; "" where none did. For e-mails.
    time_zone = models.CharField(_("time zone"), max_length=64, blank=True, default="", editable=False)
    # As the owner has chosen, and as their pages were at the latest sign-in; "" where there is none.
    language = models.CharField(_("language"), max_length=10, blank=True, default="", db_default="")
    seen_language = models.CharField(max_length=10, blank=True, default="", db_default="", editable=False)
    # As a colleague has chosen on a log page, an owner on the account page; "" where they have not.
    chosen_time_zone = models.CharField(max_length=64, blank=True, default="", db_default="", editable=False)
    # Two letters of ISO 3166; "" until the owner said it. Which cars work depends on it.
    country = models.CharField(_("country"), max_length=2, blank=True, default="", db_default="")
    joined_at = models.DateTimeField(_("joined"), default=timezone.now)
    # Goes into the hash each session must carry: another value ends them all.
    session_nonce = models.UUIDField(default=uuid.uuid4, editable=False)

    objects = UserManager.from_queryset(UserQuerySet)()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [
            models.CheckConstraint(condition=Q(email=Lower("email")), name="user_email_is_lower_case"),
        ]
        indexes = [
            models.Index(fields=["joined_at"], name="user_joined_at"),
            models.Index(
                fields=["cars_due_at"], name="user_cars_due", condition=Q(cars_due_at__isnull=False)
            ),
        ]
        permissions = [
            ("change_user_address", _("Can change the e-mail address of a user")),
            ("export_lists", _("Can download lists")),
            ("send_code", _("Can send sign-in codes to owners")),
            ("end_sessions", _("Can end all sessions of owners")),
            ("pause_mail", _("Can pause all mail to owners")),
            ("merge_users", _("Can merge two accounts of one owner")),
            ("export_owner", _("Can export all that is held about an owner")),
            ("erase_owner", _("Can erase an owner")),
        ]

    def __str__(self) -> str:
        return self.email

    def clean(self) -> None:
        try:
            self.email = normalize_address(self.email)
        except CannotBeMailed as error:
            raise ValidationError({"email": error.reason or _("This address cannot be mailed.")}) from None

    def save(self, *args: Any, **options: Any) -> None:
        """Sessions end for good with the address, with being active and with being staff: what is given back later
        must not bring them back to whoever has them.
        """
        named = options.get("update_fields")
        touched = {"email", *ACCESS} if named is None else {"email", *ACCESS} & set(named)
        if touched and not self._state.adding and self._loses_access():
            self.session_nonce = uuid.uuid4()
            options["update_fields"] = None if named is None else {*named, "session_nonce"}
        super().save(*args, **options)

    def _loses_access(self) -> bool:
        stored = type(self).objects.filter(pk=self.pk).values("email", *ACCESS).first()
        if stored is None:
            return False
        is_less = any(stored[name] and not getattr(self, name) for name in ACCESS)
        return is_less or stored["email"] != self.email

    # Properties

    @property
    def signature(self) -> str:
        """How a colleague is named on what they write, which stays when their account goes."""
        return f"{self.name} ({self.email})" if self.name else self.email

    @property
    def may_be_mailed(self) -> bool:
        """Agrees with the query `mailable`."""
        return self.is_active and not MailPause.objects.in_force().filter(owner=self.pk).exists()

    @property
    def is_established(self) -> bool:
        """Whether somebody vouches for the address: who made the user, or the owner, by having signed in."""
        return not self.is_self_registered or self.last_login is not None

    def get_session_auth_hash(self) -> str:
        return self._session_hash(settings.SECRET_KEY)

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        return (self._session_hash(secret) for secret in settings.SECRET_KEY_FALLBACKS)

    def _session_hash(self, secret: str | bytes) -> str:
        value = f"{self.session_nonce}{self.password}"
        return salted_hmac(
            "onboarding_portal.accounts.session", value, secret=secret, algorithm="sha256"
        ).hexdigest()

    @property
    def linked_user_id(self) -> str:
        """The owner's id at ev.energy; "" if there is none, or if it belongs to credentials used before."""
        is_current = self.ev_energy_client_id in {"", settings.EV_ENERGY_CLIENT_ID}
        return (self.ev_energy_user_id or "") if is_current else ""

    def is_at_ev_energy(self, ev_energy_user_id: str) -> bool:
        """Whether this user of ev.energy is the owner, by this account or by one that was merged into it."""
        if ev_energy_user_id == self.ev_energy_user_id:
            return True
        return type(self).objects.merged_into(self).filter(ev_energy_user_id=ev_energy_user_id).exists()

    # Mutators

    def note_first_sign_in(self, *, now: datetime) -> None:
        """Others are told of a new owner; the cars at ev.energy are looked up once, unless the syncs bring them."""
        if self.last_login is not None:
            return
        if not self.linked_user_id:
            self.cars_due_at = now
            self.save(update_fields=["cars_due_at"])
        news.tell(lambda: [News(kind="owner.created", at=now, owner_id=self.pk)])

    def end_sessions(self) -> None:
        """Signs the user out everywhere."""
        self.session_nonce = uuid.uuid4()
        self.save(update_fields=["session_nonce"])

    def link_to_ev_energy(self, *, ev_energy_user_id: str) -> str:
        """Stores the owner's id at ev.energy unless one that works is stored already; returns the one that holds.

        Two requests of one owner may race to this point; the first to arrive wins and both go on with it.
        """
        type(self).objects.filter(pk=self.pk).unlinked().update(
            ev_energy_user_id=ev_energy_user_id, ev_energy_client_id=settings.EV_ENERGY_CLIENT_ID
        )
        self.refresh_from_db(fields=["ev_energy_user_id", "ev_energy_client_id"])
        return self.linked_user_id

    def unlink_from_ev_energy(self, *, ev_energy_user_id: str) -> bool:
        """Forgets an id that ev.energy no longer knows; False if another is stored meanwhile."""
        mine = type(self).objects.filter(pk=self.pk, ev_energy_user_id=ev_energy_user_id)
        is_forgotten = mine.update(ev_energy_user_id=None, ev_energy_client_id="") == 1
        self.refresh_from_db(fields=["ev_energy_user_id", "ev_energy_client_id"])
        return is_forgotten

    def take_ev_energy_creation(self, *, now: datetime, until: datetime) -> bool:
        """Whether the caller, and nobody else until then, may create this owner at ev.energy."""
        free = Q(ev_energy_creation_leased_until=None) | Q(ev_energy_creation_leased_until__lte=now)
        mine = type(self).objects.filter(free, pk=self.pk).unlinked()
        return mine.update(ev_energy_creation_leased_until=until) == 1

    def release_ev_energy_creation(self) -> None:
        type(self).objects.filter(pk=self.pk).update(ev_energy_creation_leased_until=None)
