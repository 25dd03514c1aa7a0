"""Signing in with a mailed code: start, resume, resend, finish.

allauth makes the code, keeps it in the visitor's session, counts the tries, compares in constant time and gives the
session a new key. What is ours: who may have a code, that the page says nothing about who exists, and the limits.

LoginCodeVerificationProcess is internal to allauth. The public way to it are two views, which know no start from an
invitation and no mail that says why there is no code, and count tries in the session alone. No other module builds on
it, and pyproject.toml holds allauth to one minor version for its sake.
"""

import time
from datetime import datetime
from typing import Any

from allauth.account.forms import ConfirmLoginCodeForm
from allauth.account.internal.flows.login_by_code import LoginCodeVerificationProcess
from allauth.account.stages import LoginByCodeStage, LoginStageController
from django.conf import settings
from django.http import HttpRequest, HttpResponse

from onboarding_portal.accounts.known_browser import remember_browser
from onboarding_portal.accounts.mail import send_mail
from onboarding_portal.accounts.models import Invitation, User
from onboarding_portal.accounts.sign_in.code_limits import TooManyCodes, count_code, count_resent_code
from onboarding_portal.accounts.sign_in.counting import consume
from onboarding_portal.addresses import normalize_address, readable

ASKED_FOR = "code_asked_for"  # in the session, so that a new code needs no typing when the old one is used up


class WrongCode(Exception):
    """Not the code that was mailed; there are tries left."""


class TooManyTries(Exception):
    """Not the code that was mailed, for the last time: a new one has to be asked for."""


class PendingSignIn:
    """A visitor who asked for a code and has not entered it yet."""

    def __init__(self, process: Any) -> None:
        self.process = process

    @property
    def email(self) -> str:
        return str(self.process.state["email"])

    @property
    def readable_email(self) -> str:
        return readable(self.email)

    @property
    def can_resend(self) -> bool:
        return bool(self.process.can_resend)


def owner_to_let_in(*, email: str, now: datetime) -> User | None:
    """Returns the owner who may have a code sent to this address, made now if that is allowed; else None.

    Staff get none: a password, which is locked when it is guessed at, is what opens the admin.
    """
    user = User.objects.with_email(email).first()
    is_welcome = (
        settings.SIGNUP_OPEN
        or (user is not None and user.is_established)
        or Invitation.objects.for_email(email).open(now=now).exists()
    )
    if not is_welcome:
        return None
    user = user or User.objects.get_or_register(email=email)
    return user if user.is_active and not user.is_staff else None


def start(*, request: HttpRequest, email: str, now: datetime) -> None:
    """Mails a code to the address, or why it gets none; the session then waits for the code either way.

    One message goes out in every case, so that neither the page nor the time it takes tells who exists.
    Raises TooManyCodes and MailNotSent; what was pending before stays so then.
    """
    email = normalize_address(email)
    count_code(request, email=email)
    owner = owner_to_let_in(email=email, now=now)
    if owner is None:
        _explain_refusal(email)
    LoginCodeVerificationProcess.initiate(request=request, user=owner, email=email)
    request.session[ASKED_FOR] = email


def address_asked_for(*, request: HttpRequest) -> str:
    """Returns the address this session last had a code sent to, "" if none or its owner signed in."""
    return str(request.session.get(ASKED_FOR, ""))


def resume(*, request: HttpRequest) -> PendingSignIn | None:
    """Returns the sign-in this session waits to finish; None if there is none, or its code is too old or dead.

    A code opens the account its mailbox had: when the owner has another address, what went to the old one is dead.
    """
    stage = LoginStageController.enter(request, LoginByCodeStage.key)
    process = stage and LoginCodeVerificationProcess.resume(stage)
    if not process:
        return None
    pending = PendingSignIn(process)
    if process.user is not None and process.user.email != pending.email:
        process.abort()
        return None
    return pending


def resend(*, request: HttpRequest, pending: PendingSignIn) -> None:
    """Mails a new code, good for the full time again; the one before is dead. Tries are not given back.

    Raises TooManyCodes and MailNotSent; the code before stays good then.
    """
    if not pending.can_resend:
        raise TooManyCodes
    count_resent_code(request, email=pending.email)
    if pending.process.user is None:
        _explain_refusal(pending.email)
    pending.process.state["at"] = time.time()
    pending.process.resend()


def finish(*, request: HttpRequest, pending: PendingSignIn, code: str, next_url: str | None) -> HttpResponse:
    """Signs the owner in and returns the redirect to go on with. Raises WrongCode and TooManyTries."""
    process = pending.process
    # allauth counts tries in the session, which requests sent at the same moment all read before any writes it.
    attempt = f"{pending.email}:{process.state['at']}"
    if not consume(request, action="confirm_login_code", key=attempt):
        process.abort()
        raise TooManyTries
    if not ConfirmLoginCodeForm({"code": code}, code=process.code).is_valid():
        raise WrongCode if process.record_invalid_attempt() else TooManyTries
    request.session.pop(ASKED_FOR, None)
    response: HttpResponse = process.finish(next_url)
    if request.user.is_authenticated:
        remember_browser(request, response, email=pending.email)
    return response


def _explain_refusal(email: str) -> None:
    user = User.objects.with_email(email).first()
    is_staff = user is not None and user.is_active and user.is_staff
    template = "staff_address" if is_staff else "no_code"
    send_mail(
        template=f"accounts/email/{template}",
        to=email,
        context={"by_invitation": not settings.SIGNUP_OPEN},
        is_asked_for=True,
    )
