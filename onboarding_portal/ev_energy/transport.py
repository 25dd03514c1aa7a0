"""The one function that sends requests to ev.energy."""

import re
import time
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from http.cookiejar import DefaultCookiePolicy
from typing import Any

import requests
from requests.auth import AuthBase
from urllib3.exceptions import HTTPError

from onboarding_portal.counters import SPENT
from onboarding_portal.ev_energy.budget import Budget
from onboarding_portal.ev_energy.deadline import DeadlineAdapter, seconds_left
from onboarding_portal.ev_energy.errors import BadResponse, BudgetExhausted, Unavailable
from onboarding_portal.ev_energy.ids import is_user_id
from onboarding_portal.ev_energy.priority import Priority, current_priority
from onboarding_portal.ev_energy.request_context import current_request_id
from onboarding_portal.ev_energy.reservation import Reservation
from onboarding_portal.ev_energy.responses import Answer
from onboarding_portal.ev_energy.retries import Repeat, retry

# A full page of expanded vehicles is about 300 kB.
LARGEST_ANSWER_BYTES = 10_000_000
_CHUNK_BYTES = 65_536
LIST_OF_VEHICLES = "vehicles"  # the operation that reads page after page


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One request, before it is sent.

    `user_id` is the owner for whom it is made, `accept_language` the header as that owner's browser sent it.
    """

    operation: str
    url: str = field(repr=False)  # a query may hold an e-mail address
    method: str = "GET"
    query: Sequence[tuple[str, str]] = field(default=(), repr=False)
    json: Mapping[str, Any] | None = field(default=None, repr=False)
    form: Mapping[str, str] | None = field(default=None, repr=False)
    user_id: str = ""
    accept_language: str = ""
    repeat: Repeat = Repeat.READ


class Transport:
    """A session with its connections. Not to be shared between threads."""

    def __init__(self, *, connect_timeout_seconds: float, read_timeout_seconds: float) -> None:
        self._timeouts = (connect_timeout_seconds, read_timeout_seconds)
        self._adapter = DeadlineAdapter()
        self._session = requests.Session()
        # .netrc would replace the Authorization header, and an inherited proxy would read it.
        self._session.trust_env = False
        self._session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self._session.headers.update({"Accept": "application/json", "User-Agent": "onboarding-portal"})
        self._session.mount("https://", self._adapter)
        self._session.mount("http://", self._adapter)

    def send(self, call: Call, *, auth: AuthBase, budget: Budget | None = None) -> Answer:
        """The answer, whatever its status, and read to its end.

        Each sending, repetitions too, is first reserved from the `budget`, if one is given. Raises
        BudgetExhausted (nothing was sent), Unavailable (no answer in time), BadResponse (cannot be read).
        """
        reservations = [_reserve(budget, call)] if budget else []

        def may_repeat() -> bool:
            if budget:
                try:
                    reservations.append(_reserve(budget, call))
                except BudgetExhausted:
                    return False
            return True

        self._adapter.max_retries = retry(repeat=call.repeat, may_repeat=may_repeat)
        answer = None
        try:
            answer = self._exchange(call, auth=auth)
        finally:
            if budget:
                budget.settle(reservations, answer=answer)
        return answer

    def _exchange(self, call: Call, *, auth: AuthBase) -> Answer:
        failure: Unavailable | BadResponse
        try:
            response = self._session.request(
                call.method,
                call.url,
                params=list(call.query),
                json=call.json,
                data=call.form,
                headers=_headers(call),
                auth=auth,
                timeout=self._timeouts,
                allow_redirects=False,
                stream=True,
            )
            with closing(response):
                return Answer(
                    status=response.status_code,
                    headers=response.headers,
                    body=_read(response),
                    received_at=time.time(),
                )
        except requests.exceptions.ContentDecodingError:
            failure = BadResponse("The answer cannot be decoded.", can_retry=True)
        except (requests.RequestException, HTTPError, OSError) as error:
            failure = Unavailable(f"ev.energy did not answer {call.operation} ({type(error).__name__}).")
        # Raised out here: the errors above carry the address, with its query, into any log of a traceback.
        raise failure


def _reserve(budget: Budget, call: Call) -> Reservation:
    """Raises BudgetExhausted."""
    reservation = budget.reserve()
    SPENT.labels(_for_whom(call)).inc()
    return reservation


def _for_whom(call: Call) -> str:
    match current_priority():
        case Priority.OWNER:
            return "owners"
        case Priority.STAFF:
            return "staff"
        case Priority.BULK:
            return "sync" if call.operation == LIST_OF_VEHICLES else "background"


def _headers(call: Call) -> dict[str, str]:
    headers = {"EvEnergy-Version": "2"}
    if is_user_id(call.user_id):
        headers["EvEnergy-User"] = call.user_id
    if re.fullmatch(r"[\w ,;=.*-]{1,200}", call.accept_language, re.ASCII):
        headers["Accept-Language"] = call.accept_language
    request_id = current_request_id.get()
    if re.fullmatch(r"[\w.:/+=-]{1,128}", request_id, re.ASCII):
        headers["X-Request-ID"] = request_id
    return headers


def _read(response: requests.Response) -> bytes:
    body = bytearray()
    for chunk in response.iter_content(_CHUNK_BYTES):
        body += chunk
        if len(body) > LARGEST_ANSWER_BYTES:
            raise BadResponse("The answer is too large.")
        if seconds_left(default=1.0) <= 0:
            raise Unavailable("The answer did not end in time.")
    return bytes(body)
