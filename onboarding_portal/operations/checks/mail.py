"""Owners sign in with mailed codes: without mail nobody gets in."""

from collections.abc import Iterator
from email import policy
from email.parser import BytesParser
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage
from django.core.exceptions import ValidationError
from django.core.mail import EmailMessage
from django.core.validators import EmailValidator

from onboarding_portal.operations.checks.registry import error, is_loopback, portal_check, warning

SENDS_NOTHING = {
    f"django.core.mail.backends.{name}.EmailBackend" for name in ("console", "dummy", "filebased", "locmem")
}
SMTP = {
    "django.core.mail.backends.smtp.EmailBackend",
    "onboarding_portal.accounts.mail_server.EmailBackend",
}


@portal_check
def sending() -> Iterator[CheckMessage]:
    is_public = not is_loopback(settings.PORTAL_HOST) and not settings.DEBUG
    if is_public and settings.EMAIL_BACKEND in SENDS_NOTHING:
        yield error(
            40,
            "EMAIL_URL is not set, or to a place no owner reads: nobody could sign in.",
            "Set EMAIL_URL=smtp+tls://user:password@host:587 (special characters in the password %-encoded).",
        )
    is_readable = not settings.EMAIL_USE_TLS and not settings.EMAIL_USE_SSL
    if settings.EMAIL_BACKEND in SMTP and is_readable and not is_loopback(settings.EMAIL_HOST):
        yield warning(
            41,
            "EMAIL_URL sends without encryption: sign-in codes travel readable for all.",
            "Set EMAIL_URL to smtp+tls://… (port 587) or smtp+ssl://… (port 465).",
        )


@portal_check
def addresses() -> Iterator[CheckMessage]:
    if not _is_sender(settings.DEFAULT_FROM_EMAIL):
        yield error(
            42,
            "DEFAULT_FROM_EMAIL is not an address: no message could be sent, or mail servers would refuse it.",
            "Set DEFAULT_FROM_EMAIL to an address of yours, such as Example Energy <cars@example.com>; a name with "
            'a colon, a comma or an @ in it stands in quotes: "Energy: cars" <cars@example.com>',
        )
    if settings.PORTAL_SUPPORT_EMAIL and not _is_address(settings.PORTAL_SUPPORT_EMAIL):
        yield error(
            43,
            "PORTAL_SUPPORT_EMAIL is not an address: owners could not write to it.",
            "Set PORTAL_SUPPORT_EMAIL to an address alone, such as help@example.com, or leave it empty.",
        )


@portal_check
def admins() -> Iterator[CheckMessage]:
    if not all(_is_address(address) for _name, address in settings.ADMINS):
        yield error(
            44,
            "ADMINS has an entry that is not an address: nobody would be told there of an alarm.",
            "Set ADMINS to addresses alone, with commas between them, or leave it empty.",
        )


def _is_sender(sender: str) -> bool:
    """Whether a message from this sender can be made, and names one sender that mail servers take."""
    try:
        made = EmailMessage("Subject", "Body", sender, ["owner@example.com"]).message().as_bytes()
    except (ValueError, IndexError, LookupError):  # BadHeaderError is a ValueError
        return False
    header: Any = BytesParser(policy=policy.default).parsebytes(made).get("From")
    senders: Any = header.addresses if header else ()
    return len(senders) == 1 and not header.defects and _is_address(senders[0].addr_spec)


def _is_address(text: str) -> bool:
    local, _, domain = text.rpartition("@")
    if local and is_loopback(domain):  # what a portal on this machine sends from by default
        return True
    try:
        EmailValidator()(text)
    except ValidationError:
        return False
    return True
