"""That it is the owner who sits in front of an open browser: a code mailed just now, good for this session."""

import time

from allauth.core import ratelimit
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from onboarding_portal.accounts.mail import send_mail
from onboarding_portal.accounts.models import User
from onboarding_portal.accounts.sign_in.code import new_code
from onboarding_portal.accounts.sign_in.code_limits import count_code
from onboarding_portal.tokens import hash_token, token_hashes

GOOD_FOR_SECONDS = 15 * 60
HASHED_FOR = "accounts.fresh_code"
_PENDING, _PROVEN = "fresh_code", "fresh_code_entered_at"


class NoCode(Exception):
    """None was asked for, it is too old, or it was tried too often: a new one has to be asked for."""


class WrongCode(Exception):
    """Not the code in the latest e-mail; there are tries left."""


def send(*, request: HttpRequest, owner: User) -> None:
    """Mails a code; the one before is dead. Raises TooManyCodes and MailNotSent."""
    count_code(request, email=owner.email)
    code = new_code()
    send_mail(
        template="accounts/email/fresh_code",
        to=owner.email,
        context={"code": code},
        owner=owner,
        is_asked_for=True,
    )
    request.session[_PENDING] = {"hash": hash_token(code, purpose=HASHED_FOR), "at": time.time()}


def is_awaited(request: HttpRequest) -> bool:
    return _is_fresh(request.session.get(_PENDING, {}).get("at"))


def enter(*, request: HttpRequest, owner: User, code: str) -> None:
    """From now on it is proven, for a quarter of an hour. Raises NoCode and WrongCode."""
    pending = request.session.get(_PENDING, {})
    # Counted in the cache, as for signing in: requests sent at the same moment all read the same session.
    is_counted = _is_fresh(pending.get("at")) and ratelimit.consume(
        request, action="confirm_fresh_code", key=f"{owner.pk}:{pending['at']}"
    )
    if not is_counted:
        request.session.pop(_PENDING, None)
        raise NoCode
    if not any(
        constant_time_compare(each, pending["hash"]) for each in token_hashes(code, purpose=HASHED_FOR)
    ):
        raise WrongCode
    del request.session[_PENDING]
    request.session[_PROVEN] = time.time()


def is_proven(request: HttpRequest) -> bool:
    return _is_fresh(request.session.get(_PROVEN))


def _is_fresh(at: float | None) -> bool:
    return at is not None and 0 <= time.time() - at < GOOD_FOR_SECONDS
