"""What went wrong between the portal and ev.energy, in words for support staff."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from onboarding_portal.diagnostics.log_kinds import readable
from onboarding_portal.ev_energy.errors import (
    BadResponse,
    BudgetExhausted,
    CanComeBack,
    EvEnergyError,
    Forbidden,
    Invalid,
    NotFound,
    RateLimited,
    Unauthorized,
    Unavailable,
)

LONGEST_WAIT = timedelta(days=1)
LONGEST_REASON = 300


@dataclass(frozen=True, kw_only=True)
class Problem:
    """`again_at` is when asking may help. `technical` and `request_id` are for whoever looks into it.

    `concerns_all`: other requests would fail the same way, so they need not be made.
    """

    name: str
    title: str | Promise
    advice: str | Promise
    technical: str
    request_id: str
    again_at: datetime | None
    concerns_all: bool


@dataclass(frozen=True, kw_only=True)
class _Words:
    error: type[EvEnergyError]
    name: str
    title: str | Promise
    advice: str | Promise
    concerns_all: bool = False


# The more special before the more general: the first that fits is taken.
_WORDS = [
    _Words(
        error=BudgetExhausted,
        name="budget",
        title=_("The hourly requests for staff's work are used up."),
        advice=_(
            "Nothing was asked of ev.energy, because what is left is kept for owners. Look again later."
        ),
        concerns_all=True,
    ),
    _Words(
        error=RateLimited,
        name="limited",
        title=_("ev.energy takes no more requests from the portal at the moment."),
        advice=_("The hourly limit is used up. Look again later."),
        concerns_all=True,
    ),
    _Words(
        error=Unavailable,
        name="unavailable",
        title=_("ev.energy cannot be reached, or is too slow, at the moment."),
        advice=_("Look again in a few minutes. If it lasts, tell whoever runs the portal."),
        concerns_all=True,
    ),
    _Words(
        error=Unauthorized,
        name="unauthorized",
        title=_("ev.energy does not accept the portal's credentials."),
        advice=_(
            "No page of the portal can get data until this is repaired. "
            "Tell whoever runs the portal: check_ev_energy says what is wrong."
        ),
        concerns_all=True,
    ),
    _Words(
        error=Forbidden,
        name="forbidden",
        title=_("The portal may not read these logs."),
        advice=_(
            "Its credentials lack a scope. Command logs need debug:read, the other logs vehicle:read, "
            "an owner's home user:read. Ask ev.energy to grant it; other logs may still be readable."
        ),
    ),
    _Words(
        error=NotFound,
        name="not-found",
        title=_("ev.energy does not know this vehicle."),
        advice=_("It was removed there, or it belongs to other credentials."),
        concerns_all=True,
    ),
    _Words(
        error=Invalid,
        name="invalid",
        title=_("ev.energy refused the request."),
        advice=_("Try another period, or begin at the newest entry."),
    ),
]
_BAD_RESPONSE = _Words(
    error=BadResponse,
    name="bad-response",
    title=_("ev.energy's answer cannot be understood."),
    advice=_("The fault is not the car's. Tell ev.energy, with the words below."),
)
NO_SUCH_ENTRY = _("ev.energy has no entry of this time.")


def problem_of(error: EvEnergyError, *, now: datetime, title: str | Promise = "") -> Problem:
    """What to tell about the error, under its own title or under `title`."""
    words = next((words for words in _WORDS if isinstance(error, words.error)), _BAD_RESPONSE)
    return Problem(
        name=words.name,
        title=title or words.title,
        advice=words.advice,
        technical=_technical(error),
        request_id=readable(error.request_id),
        again_at=_again_at(error, now=now),
        concerns_all=words.concerns_all,
    )


def _technical(error: EvEnergyError) -> str:
    reasons = [error.title, error.detail]
    if isinstance(error, Invalid):
        reasons += [f"{field}: {' '.join(texts)}" for field, texts in error.field_errors.items()]
    reason = readable(" ".join(part for part in reasons if part))[:LONGEST_REASON]
    return " ".join(part for part in (str(error), reason) if part)


def _again_at(error: EvEnergyError, *, now: datetime) -> datetime | None:
    if not isinstance(error, CanComeBack) or error.retry_after is None:
        return None
    return now + min(timedelta(seconds=min(error.retry_after, 1e6)), LONGEST_WAIT)
