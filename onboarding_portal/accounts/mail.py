"""Mail to people. Each message is noted as a SentMail; `brand/mail.py` says how it looks."""

from collections.abc import Mapping
from smtplib import SMTPDataError, SMTPRecipientsRefused, SMTPResponseException
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.utils import timezone, translation

from onboarding_portal.accounts.language.of_mail import language_of_mail, language_of_own_page
from onboarding_portal.accounts.models import Invitation, MailKind, SentMail, User
from onboarding_portal.accounts.models.sent_mail import ANSWER_LENGTH
from onboarding_portal.brand.mail import compose
from onboarding_portal.counters import MAILS
from onboarding_portal.ev_energy.deadline import deadline
from onboarding_portal.redaction import redact
from onboarding_portal.timing import MAIL_SECONDS

_OF_ONE_MESSAGE = (SMTPRecipientsRefused, SMTPDataError)

KINDS = {
    "account/email/login_code": MailKind.CODE,
    "accounts/email/fresh_code": MailKind.CODE,
    "accounts/email/address_code": MailKind.CODE,
    "accounts/email/address_taken": MailKind.NO_CODE,
    "accounts/email/no_code": MailKind.NO_CODE,
    "accounts/email/staff_address": MailKind.NO_CODE,
    "accounts/email/invitation": MailKind.INVITATION,
    "accounts/email/sign_in_link": MailKind.SIGN_IN_LINK,
    "accounts/email/merged": MailKind.MERGED,
    "accounts/email/address_changed": MailKind.ADDRESS_CHANGED,
    "accounts/email/address_is_yours": MailKind.ADDRESS_CHANGED,
    "accounts/email/staff_notice": MailKind.STAFF,
    "accounts/email/colleague_invited": MailKind.STAFF,
    "accounts/email/password_link": MailKind.STAFF,
    "accounts/email/no_password": MailKind.STAFF,
    "reconnects/mail/reconnect": MailKind.RECONNECT,
    "reconnects/mail/reconnect_many": MailKind.RECONNECT,
    "reconnects/mail/reminder": MailKind.REMINDER,
    "reconnects/mail/reminder_many": MailKind.REMINDER,
    "reconnects/mail/ahead": MailKind.REMINDER,
    "reconnects/mail/reconnected": MailKind.GOOD_NEWS,
    "reconnects/mail/helper": MailKind.HELPER,
    "readiness/mail/first_charge": MailKind.FIRST_CHARGE,
}
# What colleagues get is in English, as their pages are.
FOR_COLLEAGUES = {"accounts/email/staff_address"} | {
    name for name, kind in KINDS.items() if kind == MailKind.STAFF
}


class MailNotSent(Exception):
    """The mail server could not be reached or refused the message. Trying again later may help.

    `is_about_address`: the server spoke of this message or its recipient, so others may go out all the same.
    """

    def __init__(self, message: str = "", *, is_about_address: bool = False) -> None:
        super().__init__(message)
        self.is_about_address = is_about_address


def send_mail(
    *,
    template: str,
    to: str,
    context: Mapping[str, Any],
    headers: Mapping[str, str] | None = None,
    owner: User | None = None,
    invitation: Invitation | None = None,
    is_asked_for: bool = False,
) -> None:
    """Sends one message made from `<template>_subject.txt`, `<template>_message.txt` and `<template>_message.html`.

    Whether the server took it is noted for `owner`, without one for the account with this address. It is in their
    language; if the reader asked for it on a page just now (`is_asked_for`), in the page's. Raises MailNotSent.
    """
    reader = owner or User.objects.with_email(to).first()
    kind = KINDS.get(template, MailKind.OTHER)
    if template in FOR_COLLEAGUES:
        language = settings.LANGUAGE_CODE
    elif is_asked_for:
        language = language_of_own_page(reader)
    else:
        language = language_of_mail(to=reader, invitation=invitation)
    with translation.override(language):
        message = compose(template=template, to=[to], context=context, headers=headers)
    mail = SentMail(owner=reader, invitation=invitation, kind=kind, at=timezone.now())
    _send(message, to=to, mail=mail)


def _send(message: EmailMultiAlternatives, *, to: str, mail: SentMail) -> None:
    try:
        with deadline(seconds=MAIL_SECONDS):
            message.send()
    except OSError as error:  # all of smtplib's errors are OSErrors, as are time-outs and refused connections
        # Not chained: what the server said may hold the address, and a chained error is logged with it.
        MAILS.labels("refused").inc()
        mail.is_accepted = False
        mail.answer = redact(_words_of(error), secrets=[to], is_quoted=True)[:ANSWER_LENGTH]
        mail.save()
        raise MailNotSent(type(error).__name__, is_about_address=isinstance(error, _OF_ONE_MESSAGE)) from None
    MAILS.labels("accepted").inc()
    mail.is_accepted = True
    mail.save()


def _words_of(error: OSError) -> str:
    """What the server said about this message, else what went wrong on the way to it."""
    if isinstance(error, SMTPRecipientsRefused):
        answers = [f"{code} {_text(words)}" for code, words in error.recipients.values()]
        return " ".join(answers)
    if isinstance(error, SMTPResponseException):
        return f"{error.smtp_code} {_text(error.smtp_error)}"
    return type(error).__name__


def _text(words: bytes | str) -> str:
    return words.decode(errors="replace") if isinstance(words, bytes) else words
