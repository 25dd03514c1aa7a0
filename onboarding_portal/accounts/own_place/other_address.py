"""An owner wants another e-mail address: a code to the mailbox they have and one to the new one prove both.

Whether another account has the new address is told to that mailbox alone. Page, e-mails and limits are the same then;
its code is simply never right.
"""

import time
from dataclasses import dataclass

from allauth.core import ratelimit
from django.http import HttpRequest
from django.utils.crypto import constant_time_compare

from onboarding_portal.accounts.mail import send_mail
from onboarding_portal.accounts.models import User
from onboarding_portal.accounts.sign_in.code import new_code
from onboarding_portal.accounts.sign_in.code_limits import TooManyCodes, count_code
from onboarding_portal.accounts.your_data.fresh_code import GOOD_FOR_SECONDS, NoCode
from onboarding_portal.tokens import hash_token, token_hashes

HASHED_FOR = "accounts.other_address"
_PENDING = "other_address"


class WrongCodes(Exception):
    """Not the codes in the latest e-mails; there are tries left. Says which of the two."""

    def __init__(self, *, is_old_right: bool, is_new_right: bool) -> None:
        super().__init__("wrong codes")
        self.is_old_right, self.is_new_right = is_old_right, is_new_right


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """What the session waits for. `seen` is the address the owner had when it was asked for."""

    email: str
    seen: str
    old_hash: str
    new_hash: str
    at: float


def begin(*, request: HttpRequest, owner: User, email: str) -> None:
    """Mails both codes; those before are dead. Raises TooManyCodes and MailNotSent."""
    if not ratelimit.consume(request, action="ask_for_other_address", key=str(owner.pk)):
        raise TooManyCodes
    count_code(request, email=owner.email)
    count_code(request, email=email)
    old, new = new_code(), new_code()
    _mail_new(email, code=new, owner=owner)
    context = {"code": old, "is_new": False}
    send_mail(
        template="accounts/email/address_code",
        to=owner.email,
        context=context,
        owner=owner,
        is_asked_for=True,
    )
    request.session[_PENDING] = {
        "email": email,
        "seen": owner.email,
        "old_hash": hash_token(old, purpose=HASHED_FOR),
        "new_hash": hash_token(new, purpose=HASHED_FOR),
        "at": time.time(),
    }


def _mail_new(email: str, *, code: str, owner: User) -> None:
    if User.objects.with_email(email).exists():
        send_mail(template="accounts/email/address_taken", to=email, context={})
        return
    context = {"code": code, "is_new": True}
    send_mail(
        template="accounts/email/address_code", to=email, context=context, owner=owner, is_asked_for=True
    )


def pending(request: HttpRequest) -> Pending | None:
    stored = request.session.get(_PENDING)
    if not stored or not 0 <= time.time() - stored["at"] < GOOD_FOR_SECONDS:
        return None
    return Pending(**stored)


def forget(request: HttpRequest) -> None:
    request.session.pop(_PENDING, None)


def prove(*, request: HttpRequest, owner: User, old_code: str, new_code: str) -> Pending:
    """Returns what is proven, which is no longer waited for. Raises NoCode and WrongCodes."""
    waiting = pending(request)
    is_counted = waiting is not None and ratelimit.consume(
        request, action="confirm_other_address", key=f"{owner.pk}:{waiting.at}"
    )
    if waiting is None or not is_counted:
        forget(request)
        raise NoCode
    is_old_right = _is(old_code, waiting.old_hash)
    is_new_right = _is(new_code, waiting.new_hash)
    if not (is_old_right and is_new_right):
        raise WrongCodes(is_old_right=is_old_right, is_new_right=is_new_right)
    forget(request)
    return waiting


def _is(code: str, stored: str) -> bool:
    return any(constant_time_compare(each, stored) for each in token_hashes(code, purpose=HASHED_FOR))
