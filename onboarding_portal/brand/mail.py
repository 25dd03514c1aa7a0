"""An e-mail in the company's face: a subject, a text and an HTML body, each a template, and the logo with it.

Mail programs know little of CSS: what `includes/mail.html` says of classes is written into each element, and rules
for dark screens stay in its head.
"""

from collections.abc import Mapping, Sequence
from email.mime.image import MIMEImage
from typing import Any

import css_inline
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from onboarding_portal.brand.contact import company
from onboarding_portal.brand.face import face
from onboarding_portal.brand.shapes import FONTS

LOGO_ID = "logo"

_inliner = css_inline.CSSInliner(load_remote_stylesheets=False, keep_at_rules=True)


def compose(
    *, template: str, to: Sequence[str], context: Mapping[str, Any], headers: Mapping[str, str] | None = None
) -> EmailMultiAlternatives:
    """The message, made from `<template>_subject.txt`, `<template>_message.txt` and `<template>_message.html`.

    The templates know portal_name, portal_url, support_email, company and brand, and speak the language in force.
    """
    everything = {**_of_the_company(), **context}
    subject = " ".join(render_to_string(f"{template}_subject.txt", everything).split())
    message = EmailMultiAlternatives(
        subject,
        _without_gaps(render_to_string(f"{template}_message.txt", everything)),
        to=[*to],
        headers=dict(headers or {}),
    )
    html = render_to_string(f"{template}_message.html", {**everything, "subject": subject})
    message.attach_alternative(_inliner.inline(html), "text/html")
    if logo := face().mail_logo:
        message.attach(_shown_in_the_text(logo))
    return message


def _of_the_company() -> dict[str, Any]:
    shown = face()
    return {
        "portal_name": settings.PORTAL_NAME,
        "portal_url": settings.PORTAL_URL,
        "support_email": settings.PORTAL_SUPPORT_EMAIL,
        "company": company(),
        "brand": shown,
        "light": {name.replace("-", "_"): value for name, value in shown.light.items()},
        "dark": {name.replace("-", "_"): value for name, value in shown.dark.items()},
        "radius": settings.BRAND_CORNER_RADIUS,
        "radius_small": settings.BRAND_CORNER_RADIUS * 2 // 3,
        "font": FONTS[settings.BRAND_FONT],
    }


def _without_gaps(text: str) -> str:
    """Paragraphs with one empty line between them, however the template came to them."""
    paragraphs = (part.strip("\n") for part in "\n".join(map(str.rstrip, text.split("\n"))).split("\n\n"))
    return "\n\n".join(part for part in paragraphs if part) + "\n"


def _shown_in_the_text(logo: bytes) -> MIMEImage:
    image = MIMEImage(logo, "png")
    image.add_header("Content-ID", f"<{LOGO_ID}>")
    image.add_header("Content-Disposition", "inline", filename="logo.png")
    return image
