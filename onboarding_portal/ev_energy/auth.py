"""The bearer token: client credentials, fetched once for all processes and renewed ahead of its end."""

import logging
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Annotated

from django.utils.crypto import salted_hmac
from pydantic import BeforeValidator, Field, StringConstraints
from requests import PreparedRequest
from requests.auth import AuthBase, HTTPBasicAuth

from onboarding_portal.ev_energy import granted, shared_cache
from onboarding_portal.ev_energy.call_log import logged
from onboarding_portal.ev_energy.errors import Invalid, Unauthorized
from onboarding_portal.ev_energy.json_types import OrNotKnown, Resource, Text, parse, whole_number
from onboarding_portal.ev_energy.responses import Answer, raise_for_problem
from onboarding_portal.ev_energy.retries import Repeat
from onboarding_portal.ev_energy.shared_cache import CacheDown
from onboarding_portal.ev_energy.transport import Call, Transport

logger = logging.getLogger(__name__)

OPERATION = "fetch_token"
RENEW_AHEAD_SECONDS = 300.0
LONGEST_LIFE_SECONDS = (
    86_400  # caches cannot keep a value past the end of the calendar, which a server may name
)
UNSAID_LIFE_SECONDS = 600
WAIT_FOR_OTHERS_SECONDS = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """Who the portal is to ev.energy."""

    token_url: str
    client_id: str
    client_secret: str = field(repr=False)
    next_client_secret: str = field(repr=False, default="")  # tried when the first is refused


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token; times in seconds since the epoch."""

    secret: str = field(repr=False)
    renew_at: float
    expires_at: float


class TokenAnswer(Resource):
    """What the token endpoint says (RFC 6749, 5.1); `expires_in` is in seconds."""

    access_token: Annotated[str, StringConstraints(pattern=r"^[!-~]+$")] = Field(repr=False)
    expires_in: Annotated[int | None, Field(gt=0), BeforeValidator(whole_number), OrNotKnown] = None
    scope: Text = ""


class BearerAuth(AuthBase):
    """Sets the header at the last moment; given as `auth=`, so that nothing else may set another."""

    def __init__(self, token: Token) -> None:
        self._token = token

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token.secret}"
        return request


class TokenSource:
    """Hands out a token that is valid now: its own copy, else the shared one, else a new one."""

    def __init__(
        self, *, credentials: Credentials, transport: Transport, clock: Callable[[], float] = time.time
    ) -> None:
        self._credentials = credentials
        self._transport = transport
        self._clock = clock
        self._own: Token | None = None
        self._secrets = [s for s in (credentials.client_secret, credentials.next_client_secret) if s]
        identity = f"{credentials.token_url}\n{credentials.client_id}\n{credentials.client_secret}"
        self._key = f"ev_energy:token:{salted_hmac('ev_energy.token', identity).hexdigest()}"

    def token(self, *, refused: Token | None = None) -> Token:
        """A token other than `refused`, which was answered with a 401. Raises any EvEnergyError."""
        own = self._own
        if own is None or own == refused or self._clock() >= own.renew_at:
            own = self._own = self._shared_for_long(refused=refused) or self._renew(refused=refused)
        return own

    def _renew(self, *, refused: Token | None) -> Token:
        """One process of all fetches; the others go on with the old token, or wait for the new one."""
        old = self._shared()
        usable = old is not None and old != refused and self._clock() < old.expires_at
        wait_seconds = 0.0 if usable else WAIT_FOR_OTHERS_SECONDS
        try:
            with shared_cache.lock(f"{self._key}:lock", wait_seconds=wait_seconds) as held:
                if not held and old is not None and usable:
                    return old
                # Perhaps another fetched one while we waited.
                return self._shared_for_long(refused=refused) or self._fetch_and_share()
        except CacheDown:
            return self._fetch()

    def _fetch_and_share(self) -> Token:
        token = self._fetch()
        with suppress(CacheDown):
            # A plain tuple: a class would tie what one release wrote to the code of the next.
            plain = (token.secret, token.renew_at, token.expires_at)
            shared_cache.write(self._key, plain, seconds=token.expires_at - self._clock())
        return token

    def _shared_for_long(self, *, refused: Token | None) -> Token | None:
        """The shared token, unless it is refused or about to end."""
        shared = self._shared()
        return shared if shared and shared != refused and self._clock() < shared.renew_at else None

    def _shared(self) -> Token | None:
        try:
            found = shared_cache.read(self._key)
        except CacheDown:
            return None
        return Token(*found) if isinstance(found, tuple) and len(found) == 3 else None

    def _fetch(self) -> Token:
        """With the secret that was taken last, else with the other one: while one replaces the other, one is good."""
        try:
            return self._fetch_with(self._secrets[0])
        except Unauthorized:
            if len(self._secrets) == 1:
                raise
            token = self._fetch_with(self._secrets[1])
        self._secrets.reverse()
        logger.warning(
            "ev.energy refused one client secret and took the other; see manage.py check_ev_energy"
        )
        return token

    def _fetch_with(self, client_secret: str) -> Token:
        call = Call(
            operation=OPERATION,
            method="POST",
            url=self._credentials.token_url,
            form={"grant_type": "client_credentials"},
            repeat=Repeat.IF_NEVER_CONNECTED,
        )
        basic = HTTPBasicAuth(self._credentials.client_id, client_secret)
        with logged(operation=OPERATION) as record:
            record.answer = answer = self._transport.send(call, auth=basic)
            try:
                raise_for_problem(answer, operation=OPERATION)
            except Invalid:
                # OAuth says "invalid_client" with a 400 as well as with a 401.
                raise Unauthorized("The token endpoint refused the credentials.") from None
            said = read_token(answer)
            granted.note_said(client_id=self._credentials.client_id, scopes=said.scope.split())
            return _token(said, now=self._clock())


def read_token(answer: Answer) -> TokenAnswer:
    """What the token endpoint gave. Raises BadResponse."""
    return parse(TokenAnswer, answer.json())


def _token(said: TokenAnswer, *, now: float) -> Token:
    # RFC 6749 lets the answer say nothing of its life; one that ends earlier is refused, and a new one fetched.
    life_seconds = min(said.expires_in or UNSAID_LIFE_SECONDS, LONGEST_LIFE_SECONDS)
    ahead_seconds = min(RENEW_AHEAD_SECONDS, life_seconds / 10)
    return Token(
        secret=said.access_token, renew_at=now + life_seconds - ahead_seconds, expires_at=now + life_seconds
    )
