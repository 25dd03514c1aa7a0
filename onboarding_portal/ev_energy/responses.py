"""What came back over HTTP, and which error it means if it is not what was asked for."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from onboarding_portal.ev_energy.errors import (
    BadResponse,
    EvEnergyError,
    Forbidden,
    Invalid,
    NotFound,
    RateLimited,
    Unauthorized,
    Unavailable,
)
from onboarding_portal.storable import storable

# No wait is longer than the hour after which the limit is whole again; a header may say anything.
LONGEST_WAIT_SECONDS = 3600.0
# Larger limits exist in broken headers only, and every request in the window is held in memory.
LARGEST_COUNT = 100_000
LONGEST_NUMBER = 100  # digits; Python takes no more than some thousands


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer, read to its end. `headers` finds names in any spelling of upper and lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    received_at: float  # seconds since the epoch

    @property
    def request_id(self) -> str:
        return self.headers.get("x-request-id", "")[:128]

    @property
    def limit(self) -> int | None:
        return _count(self.headers.get("x-ratelimit-limit"))

    @property
    def remaining(self) -> int | None:
        return _count(self.headers.get("x-ratelimit-remaining"))

    @property
    def retry_after(self) -> float | None:
        """Seconds, up to an hour. ev.energy documents `retry-after` and `RetryAfter`; HTTP allows a date."""
        text = self.headers.get("retry-after") or self.headers.get("retryafter") or ""
        try:
            seconds = float(text)
        except ValueError:
            seconds = _seconds_until(text, now=self.received_at)
        return min(max(0.0, seconds), LONGEST_WAIT_SECONDS) if math.isfinite(seconds) else None

    def json(self) -> Any:
        """The body as JSON, with texts any database takes. Raises BadResponse; it may be whole the next time."""
        try:
            # One letter cut in half, one NaN, one endless number: each is one field's fault, not the page's.
            text = self.body.decode("utf-8-sig", errors="replace")
            value = json.loads(text, parse_constant=_no_number, parse_float=_finite, parse_int=_whole)
            return _storable(value) if "\\u" in text else value
        except (ValueError, RecursionError):
            raise BadResponse("The answer is not JSON.", can_retry=True) from None


def raise_for_problem(answer: Answer, *, operation: str) -> None:
    """Raises the error a status stands for. Of RFC 9457 only status and type decide, never a text."""
    if 200 <= answer.status < 300:
        return
    problem = _problem(answer)
    known: dict[str, Any] = {
        "operation": operation,
        "status": answer.status,
        "request_id": answer.request_id,
    }
    message = f"ev.energy answered {operation} with {answer.status}."
    if answer.status < 400:
        raise BadResponse(message, **known)  # redirects are not followed: the token would go along
    known |= {
        "problem_type": _text(problem, "type"),
        "title": _text(problem, "title"),
        "detail": _text(problem, "detail"),
    }
    if answer.status == 429:
        raise RateLimited(message, retry_after=answer.retry_after, **known)
    if answer.status >= 500 or answer.status in {408, 425}:
        raise Unavailable(message, retry_after=answer.retry_after, **known)
    plain: dict[int, type[EvEnergyError]] = {
        401: Unauthorized,
        403: Forbidden,
        404: NotFound,
        410: NotFound,
    }
    if answer.status in plain:
        raise plain[answer.status](message, **known)
    raise Invalid(message, field_errors=_field_errors(problem), **known)


def _problem(answer: Answer) -> Mapping[str, Any]:
    """The problem's members; empty where a proxy or a crash sent something else."""
    try:
        problem = answer.json()
    except BadResponse:
        return {}
    return problem if isinstance(problem, dict) else {}


def _text(problem: Mapping[str, Any], name: str) -> str:
    value = problem.get(name)
    return value[:500] if isinstance(value, str) else ""


def _field_errors(problem: Mapping[str, Any]) -> dict[str, list[str]]:
    """Field to messages; what is not of that shape is left out, for it is only shown."""
    fields = problem.get("field_errors")
    if not isinstance(fields, dict):
        return {}
    return {
        name: [message for message in messages if isinstance(message, str)]
        for name, messages in fields.items()
        if isinstance(messages, list)
    }


def _count(text: str | None) -> int | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return int(min(number, LARGEST_COUNT)) if math.isfinite(number) and number >= 0 else None


def _seconds_until(text: str, *, now: float) -> float:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return math.nan
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - datetime.fromtimestamp(now, tz=UTC)).total_seconds()


def _no_number(_name: str) -> None:
    return None


def _finite(text: str) -> float | None:
    return number if math.isfinite(number := float(text)) else None


def _whole(text: str) -> int | None:
    return int(text) if len(text) <= LONGEST_NUMBER else None


def _storable(value: Any) -> Any:
    """JSON can escape what no database stores: NUL, and halves of characters, as a name that was cut in an emoji."""
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, list):
        return [_storable(item) for item in value]
    if isinstance(value, dict):
        return {_storable(name): _storable(item) for name, item in value.items()}
    return value
