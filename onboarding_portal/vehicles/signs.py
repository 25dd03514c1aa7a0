"""Which cause an error log tells of. Providers answer 401, 403 and 500 for nearly everything, so words come first.

Four steps, the surest first: what the words say outright; words that leave it in doubt, which end the search; the
code or type alone; the status code alone. A bare 403, 404 or 410 tells nothing: it may be the owner, the car or us.

The patterns see lower-case words parted by single spaces. They have no repetition inside a repetition, and the text
is bounded, so that nobody's error text can keep us busy.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from onboarding_portal.ev_energy.resources import ErrorLog
from onboarding_portal.vehicles.causes import Cause

LONGEST_TEXT = 2000

_CAR = r"(car|vehicle)s?"
_ACCESS = r"(access|consent|authori[sz]ation)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """`said` is looked for in code, type and detail; `coded` in code and type; `statuses` say it alone."""

    said: str
    coded: str = ""
    statuses: frozenset[int] = frozenset()


SIGNS: dict[Cause, Signs] = {
    Cause.KEY_NOT_PAIRED: Signs(said=r"\bnot (been )?paired\b|virtual key"),
    Cause.TWO_FACTOR_NEEDED: Signs(
        said=r"\b(otp|mfa|2fa)\b|\b(two|second|multi) factor|one time (code|pass)|verification code"
        r"|verify it s you",
    ),
    Cause.ACCOUNT_LOCKED: Signs(
        said=r"account (has been |was |is )?(temporarily )?(locked|disabled|suspended|blocked)\b"
        r"|password (has been |was |is )?(changed|reset)\b",
    ),
    Cause.TERMS_TO_ACCEPT: Signs(
        said=r"terms and conditions|terms of (service|use)|(updated|new|accept the) terms\b"
        r"|data privacy statement|consent form|(marketing consent|consent marketing)",
    ),
    Cause.SUBSCRIPTION_LAPSED: Signs(
        # A subscription's key, id or service is the provider's own affair, not the owner's.
        said=r"\bsubscription\b(?! (key|id|api|check|server|service)\b)|\bsubscribed\b|payment required"
        r"|connected services? (is |are |has |have )?(been )?(inactive|expired|disabled|lapsed|not active)",
        statuses=frozenset({402}),
    ),
    Cause.REGION_NOT_SUPPORTED: Signs(
        said=r"allowed markets|not supported in \w+ yet|unsupported (region|country|market)"
        r"|not (present|available|supported) in (the |your |this )?(current )?(region|country|market)"
        r"|(region|country|market) (is )?not (available|supported)",
    ),
    Cause.VEHICLE_NOT_IN_ACCOUNT: Signs(
        said=rf"\bno {_CAR} (found |are linked )?(in|to|on|for)\b|{_CAR} (was |has been |is )?(removed|deleted) from"
        r"|no longer (associated with|linked to|in) (the|your|this)\b|vin mapping|no relationship to",
        coded=rf"\bno {_CAR}\b|{_CAR} missing\b",
    ),
    Cause.PERMISSIONS_MISSING: Signs(
        said=r"(missing|insufficient) (token |vehicle )?(commands )?(scope|permission)s?\b"
        r"|(scope|permission)s? (is |are |was )?(missing|insufficient|not granted)\b",
        coded=r"\bpermission",
    ),
    Cause.ACCESS_REVOKED: Signs(
        said=rf"(user|owner) (has )?(revoked|withdrawn|removed)\b|revoked by the (user|owner)|{_ACCESS} revoked\b"
        rf"|{_ACCESS} (to use .{{1,80}})?(was|has been) (revoked|withdrawn|removed)\b|revoked {_ACCESS}\b"
        r"|\bunlinked\b|no longer (has|have) access",
        coded=r"permission connected services account|\brevoked\b",
    ),
    Cause.ASLEEP_OR_OUT_OF_COVERAGE: Signs(
        said=r"\basleep\b|\bsleeping\b|deep sleep|sleep state|(out of|outside) (mobile )?coverage"
        r"|no (mobile |cellular )?signal|(car|vehicle) could not be reached"
        r"|(car|vehicle) (is |was )?(currently )?"
        r"(offline|unreachable|unavailable|timeout|not (online|reachable|responding|connected to the internet))\b"
        r"|(could not|failed to|unable to|not able to) "
        r"(wake|be woken|(reach|connect to|connect with) (the |your )?(car|vehicle))",
        coded=r"\bunreachable\b",
        statuses=frozenset({408}),
    ),
    Cause.PROVIDER_LIMITED: Signs(
        said=r"too many requests|rate limit|\bthrottl|\bquota\b",
        statuses=frozenset({429}),
    ),
    Cause.PROVIDER_DOWN: Signs(
        said=r"scheduled maintenance|under maintenance|no healthy upstream|bad gateway|internal server error"
        r"|service (is )?(temporarily )?unavailable|connection refused|endpoint request timed out",
        coded=r"\bupstream\b|\bmaintenance\b|server error",
        statuses=frozenset(range(500, 600)),
    ),
    Cause.SIGN_IN_EXPIRED: Signs(
        said=r"invalid grant|grant is invalid|login required|(log|sign) ?in again|re ?authenticate"
        r"|(token|session|session key|authentication|sign in|log ?in) "
        r"(is |has |was )?(been |either )?(expired|invalid|revoked)\b",
        coded=r"authentication (error|failed)|invalid token|invalid credential|unauthori[sz]ed",
        statuses=frozenset({401}),
    ),
}

# Said by the provider's gate, by a car that refused a command, or by somebody who did not know either. And
# APIGW-403 with a status of 429 says two things at once.
IN_DOUBT = (
    r"\bcaptcha\b|full authentication is required|unauthorized for resource|\bapigw 403\b"
    r"|rejected request|remote control|unknown error|could not be understood"
)


def cause_of(log: ErrorLog) -> Cause:
    everything = _words(log.error_code, log.error_type, log.error_detail)
    if cause := _first(lambda signs: bool(re.search(signs.said, everything))):
        return cause
    if re.search(IN_DOUBT, everything):
        return Cause.UNKNOWN
    code = _words(log.error_code, log.error_type)
    return (
        _first(lambda signs: bool(signs.coded and re.search(signs.coded, code)))
        or _first(lambda signs: log.status_code in signs.statuses)
        or Cause.UNKNOWN
    )


def _first(fits: Callable[[Signs], bool]) -> Cause | None:
    return next((cause for cause in Cause if cause in SIGNS and fits(SIGNS[cause])), None)


def _words(*texts: str | None) -> str:
    """Returns lower-case words parted by spaces: AUTHENTICATION_ERROR and VehicleAPIUnauthorized alike."""
    text = " ".join(text for text in texts if text)[:LONGEST_TEXT]
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", text)
    return " ".join(re.findall(r"[a-z0-9]+", parted.lower()))
