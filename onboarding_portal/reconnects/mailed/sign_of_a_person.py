"""Mail scanners open links, and some send the forms they find. A reconnect asks for a sign that a person did it.

The sign costs a person nothing: the page with the button sets a cookie, and the browser that pressed the button
brings it along. Where it does not (cookies are off, or the form was sent by a program), the answer is a second page
with a second button, and its form carries a sign of its own. A program that keeps cookies, or reads the second page
and sends its form too, gets through: it does no more than an owner's click, and reminders go on until data comes.
"""

from datetime import timedelta

from django.conf import settings
from django.core.signing import BadSignature, TimestampSigner
from django.http import HttpRequest, HttpResponse

from onboarding_portal.reconnects.models import hash_token, token_hashes

# A page may stay open in a tab for as long before its button is pressed.
GOOD_FOR = timedelta(days=1)
FIELD = "again"
_COOKIE_SALT = "onboarding_portal.reconnects.seen"
_FORM_SALT = "onboarding_portal.reconnects.again"


def leave_sign(response: HttpResponse) -> None:
    """Has the browser that was shown a page with the button remember so, whichever car it is for."""
    response.set_signed_cookie(
        _cookie_name(),
        "1",
        salt=_COOKIE_SALT,
        max_age=GOOD_FOR,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def has_sign(request: HttpRequest, *, token: str) -> bool:
    """Whether the form comes from a browser that was shown the page, or from the second page's button."""
    cookie = request.get_signed_cookie(_cookie_name(), default="", salt=_COOKIE_SALT, max_age=GOOD_FOR)
    return bool(cookie) or _is_second_button(request.POST.get(FIELD, ""), token=token)


def sign_for_form(*, token: str) -> str:
    """What the second page's form carries; it is good for this link only."""
    return TimestampSigner(salt=_FORM_SALT).sign(hash_token(token))


def _is_second_button(value: str, *, token: str) -> bool:
    try:
        return TimestampSigner(salt=_FORM_SALT).unsign(value, max_age=GOOD_FOR) in token_hashes(token)
    except BadSignature:
        return False


def _cookie_name() -> str:
    return "__Host-seen" if settings.SESSION_COOKIE_SECURE else "seen"
