"""Codes of an authenticator app (RFC 6238): six digits, another each half minute, each good once."""

import base64
import secrets
from datetime import datetime
from urllib.parse import quote, urlencode

from django.conf import settings

from onboarding_portal.accounts.models import FactorKind, SecondFactor, User
from onboarding_portal.accounts.two_factor.sealing import CannotBeOpened, seal, unseal

STEP_SECONDS = 30
DIGITS = 6
# Clocks of phones are a little off: the code before and the code after the one of now are taken, too.
TOLERANCE = 1


def new_secret() -> str:
    """160 random bits, as apps take them."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def address_for_app(*, secret: str, user: User) -> str:
    """Returns what the app reads from the picture."""
    label = quote(f"{settings.PORTAL_NAME}:{user.email}")
    return f"otpauth://totp/{label}?{urlencode({'secret': secret, 'issuer': settings.PORTAL_NAME}, quote_via=quote)}"


def step_of(*, secret: str, code: str, now: datetime) -> int | None:
    """Returns the half minute the code is of; None if it is none of those that are good now."""
    from cryptography.hazmat.primitives.hashes import SHA1  # noqa: PLC0415  owners' pages do without
    from cryptography.hazmat.primitives.twofactor.hotp import HOTP  # noqa: PLC0415  only where staff sign in it is loaded

    generator = HOTP(base64.b32decode(secret), DIGITS, SHA1())  # noqa: S303  what apps compute
    current = int(now.timestamp()) // STEP_SECONDS
    steps = range(current - TOLERANCE, current + TOLERANCE + 1)
    good = [step for step in steps if secrets.compare_digest(generator.generate(step), code.encode())]
    return good[-1] if good else None


def add(*, user: User, secret: str, step: int, now: datetime) -> SecondFactor:
    """Stores the app in place of the one before; the code that proved it is used up."""
    user.second_factors.filter(kind=FactorKind.APP).delete()
    return user.second_factors.create(
        kind=FactorKind.APP, sealed=seal(secret), counter=step, created_at=now, used_at=now
    )


def accept(*, user: User, code: str, now: datetime) -> bool:
    """Whether this is a code of the user's app that is good now and was not taken before."""
    factor = user.second_factors.filter(kind=FactorKind.APP).first()
    if factor is None:
        return False
    try:
        step = step_of(secret=unseal(factor.sealed), code=code, now=now)
    except CannotBeOpened:
        return False
    if step is None:
        return False
    unused = user.second_factors.filter(pk=factor.pk, counter__lt=step)
    return unused.update(counter=step, used_at=now) == 1
