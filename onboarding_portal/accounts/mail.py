"""Mail to people: a subject and a text and an HTML body, each a template."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string


class MailNotSent(Exception):
    """The mail server could not be reached or refused the message. Trying again later may help."""


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
        message.send()
    except OSError as error:  # all of smtplib's errors are OSErrors, as are time-outs and refused connections
        # Not chained: what the server said may hold the address, and a chained error is logged with it.
        raise MailNotSent(type(error).__name__) from None
