"""Passkeys and security keys (WebAuthn), by Yubico's fido2. What the browser has to answer stays in the session."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db.models import Q

from onboarding_portal.accounts.models import FactorKind, SecondFactor, User
from onboarding_portal.accounts.two_factor.sealing import CannotBeOpened, seal, unseal

if TYPE_CHECKING:
    from fido2.server import Fido2Server
    from fido2.webauthn import AttestedCredentialData

MOST = 10
LONGEST_ANSWER = 20_000


class NotProven(Exception):
    """The browser's answer is not what the challenge asks for."""


def begin_adding(*, user: User) -> tuple[dict[str, Any], Any]:
    """Returns what the browser is given, and the state to keep in the session until it answers."""
    options, state = _server().register_begin(
        {  # type: ignore[arg-type]  # a mapping is taken as well
            "id": str(user.pk).encode(),
            "name": user.email,
            "displayName": user.email,
        },
        credentials=[key for _row, key in _keys(user)],
        user_verification="preferred",  # type: ignore[arg-type]  # the words of the specification are taken as well
    )
    return dict(options), state


def add(*, user: User, state: Any, answer: str, name: str, now: datetime) -> SecondFactor:
    """Stores a new passkey. Raises NotProven."""
    try:
        data = _server().register_complete(state, _read(answer))
    except (ValueError, TypeError, KeyError) as error:
        raise NotProven from error
    if data.credential_data is None or user.second_factors.filter(kind=FactorKind.PASSKEY).count() >= MOST:
        raise NotProven
    sealed = seal(bytes(data.credential_data).hex())
    return user.second_factors.create(
        kind=FactorKind.PASSKEY, name=name, sealed=sealed, counter=data.counter, created_at=now
    )


def begin_proving(*, user: User) -> tuple[dict[str, Any], Any]:
    """The same for signing in."""
    options, state = _server().authenticate_begin(
        [key for _row, key in _keys(user)],
        user_verification="preferred",  # type: ignore[arg-type]  # the words of the specification are taken as well
    )
    return dict(options), state


def accept(*, user: User, state: Any, answer: str, now: datetime) -> None:
    """Raises NotProven. A key that counts its signatures must have counted on: a copy of it would not."""
    from fido2.webauthn import AuthenticationResponse  # noqa: PLC0415  owners' pages do without

    keys = _keys(user)
    try:
        response = AuthenticationResponse.from_dict(_read(answer))
        proven = _server().authenticate_complete(state, [key for _row, key in keys], response)
        counter = response.response.authenticator_data.counter
    except (ValueError, TypeError, KeyError) as error:
        raise NotProven from error
    row = next(row for row, key in keys if key.credential_id == proven.credential_id)
    has_counted_on = Q(counter__lt=counter) if counter else Q(counter=0)
    if not user.second_factors.filter(has_counted_on, pk=row.pk).update(counter=counter, used_at=now):
        raise NotProven


def _server() -> "Fido2Server":
    from fido2.server import Fido2Server  # noqa: PLC0415  owners' pages do without
    from fido2.webauthn import PublicKeyCredentialRpEntity  # noqa: PLC0415  only where staff sign in it is loaded

    portal = PublicKeyCredentialRpEntity(id=settings.PORTAL_HOST, name=settings.PORTAL_NAME)
    return Fido2Server(portal, verify_origin=lambda origin: origin == settings.PORTAL_URL)


def _keys(user: User) -> list[tuple[SecondFactor, "AttestedCredentialData"]]:
    from fido2.webauthn import AttestedCredentialData  # noqa: PLC0415  owners' pages do without

    found = []
    for row in user.second_factors.filter(kind=FactorKind.PASSKEY).order_by("pk"):
        try:
            found.append((row, AttestedCredentialData(bytes.fromhex(unseal(row.sealed)))))
        except CannotBeOpened:
            continue
    return found


def _read(answer: str) -> Mapping[str, Any]:
    """Raises ValueError."""
    if len(answer) > LONGEST_ANSWER:
        raise ValueError("too long")
    read = json.loads(answer)
    if not isinstance(read, dict):
        raise TypeError("no object")
    return read
