"""Everything that can go wrong between the portal and ev.energy, as one tree.

`str(error)` is short and safe to log and to show to staff: it names the operation and the status, never
a URL, a token or what ev.energy wrote. What ev.energy wrote is in `title`, `detail` and `field_errors`,
which may hold an e-mail address and so are for pages, not for logs.
"""

from collections.abc import Mapping
from typing import TypedDict, Unpack


class Circumstances(TypedDict, total=False):
    """What is known of a failed call; each is an attribute of the error."""

    operation: str
    status: int | None
    problem_type: str
    title: str
    detail: str
    request_id: str
    can_retry: bool


class EvEnergyError(Exception):
    """A call to ev.energy did not give what was asked for."""

    can_retry: bool = False  # whether the very same call may succeed later
    operation: str = ""
    status: int | None = None
    problem_type: str = ""
    title: str = ""
    detail: str = ""
    request_id: str = ""

    def __init__(self, message: str = "", **circumstances: Unpack[Circumstances]) -> None:
        super().__init__(message or type(self).__name__)
        for name, value in circumstances.items():
            setattr(self, name, value)


class CanComeBack(EvEnergyError):
    """Trying again can help; `retry_after` says in how many seconds, if that is known."""

    can_retry = True

    def __init__(
        self,
        message: str = "",
        *,
        retry_after: float | None = None,
        **circumstances: Unpack[Circumstances],
    ) -> None:
        super().__init__(message, **circumstances)
        self.retry_after = retry_after


class Unavailable(CanComeBack):
    """No answer, an answer too late, or a 5xx. What was asked for may have happened all the same."""


class RateLimited(CanComeBack):
    """The hourly limit is used up: a 429."""


class BudgetExhausted(RateLimited):
    """Our own budget held the request back; nothing was sent, so no 429 was caused."""


class Unauthorized(EvEnergyError):
    """The credentials are refused, also with a token fetched a moment ago."""


class Forbidden(EvEnergyError):
    """The credentials lack the scope for this, or the resource belongs to another application."""


class NotFound(EvEnergyError):
    """No such resource, or it cannot be seen with these credentials."""


class Invalid(EvEnergyError):
    """ev.energy refused what was sent. `field_errors` maps a field to its messages, where it named some."""

    def __init__(
        self,
        message: str = "",
        *,
        field_errors: Mapping[str, list[str]] | None = None,
        **circumstances: Unpack[Circumstances],
    ) -> None:
        super().__init__(message, **circumstances)
        self.field_errors: dict[str, list[str]] = dict(field_errors or {})


class BadResponse(EvEnergyError):
    """The answer breaks the API's contract. `field` names where, e.g. `[3].trim.name`, if it was a field."""

    def __init__(self, message: str = "", *, field: str = "", **circumstances: Unpack[Circumstances]) -> None:
        super().__init__(message, **circumstances)
        self.field = field
