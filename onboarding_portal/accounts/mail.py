"""Mail to people: a subject and a text and an HTML body, each a template."""

from collections.abc import Mapping
from smtplib import SMTPDataError, SMTPRecipientsRefused
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from onboarding_portal.counters import MAILS
from onboarding_portal.ev_energy.deadline import deadline
from onboarding_portal.timing import MAIL_SECONDS

_OF_ONE_MESSAGE = (SMTPRecipientsRefused, SMTPDataError)


class MailNotSent(Exception):
    """The mail server could not be reached or refused the message. Trying again later may help.

    `is_about_address`: the server spoke of this message or its recipient, so others may go out all the same.
    """

    def __init__(self, message: str = "", *, is_about_address: bool = False) -> None:
        super().__init__(message)
        self.is_about_address = is_about_address


def send_mail(
    *, template: str, to: str, context: Mapping[str, Any], headers: Mapping[str, str] | None = None
) -> None:
    """Sends one message made from `<template>_subject.txt`, `<template>_message.txt` and `<template>_message.html`.

    The templates know portal_name, portal_url and support_email. Raises MailNotSent.
    """
    everything = {
        "portal_name": settings.PORTAL_NAME,
        "portal_url": settings.PORTAL_URL,
        "support_email": settings.PORTAL_SUPPORT_EMAIL,
        **context,
    }
    subject = " ".join(render_to_string(f"{template}_subject.txt", everything).split())
    message = EmailMultiAlternatives(
        subject,
        render_to_string(f"{template}_message.txt", everything).strip() + "\n",
        to=[to],
        headers=dict(headers or {}),
    )
    message.attach_alternative(render_to_string(f"{template}_message.html", everything), "text/html")
    try:
        with deadline(seconds=MAIL_SECONDS):
            message.send()
    except OSError as error:  # all of smtplib's errors are OSErrors, as are time-outs and refused connections
        # Not chained: what the server said may hold the address, and a chained error is logged with it.
        MAILS.labels("refused").inc()
        raise MailNotSent(type(error).__name__, is_about_address=isinstance(error, _OF_ONE_MESSAGE)) from None
    MAILS.labels("accepted").inc()
