"""Why a stale vehicle sends nothing: read from its error logs, which ev.energy keeps of every failed call.

A new provider's error needs a new line in RULES, nothing else. Rules are tried from top to bottom on each log, so
the more telling come first: providers answer 401 for a lapsed subscription, too.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from onboarding_portal.ev_energy.client import Client
from onboarding_portal.ev_energy.errors import CanComeBack, EvEnergyError
from onboarding_portal.ev_energy.resources import ErrorLog
from onboarding_portal.storable import storable
from onboarding_portal.vehicles.models import CAUSE_DETAIL_LENGTH, Cause, StaleReason, Vehicle

LOOK_BACK = timedelta(days=30)
LOOK_AGAIN_AFTER = timedelta(days=1)
MAX_LOGS = 25  # newest first; one request
LONGEST_DETAIL = 300
LONGEST_TEXT = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Fits a log by its status code, by words in its code or type, or by words anywhere in it, detail included."""

    cause: Cause
    status_codes: frozenset[int] = frozenset()
    in_code: str = ""
    anywhere: str = ""

    def fits(self, log: ErrorLog) -> bool:
        code = _words(log.error_code, log.error_type)
        everything = _words(log.error_code, log.error_type, log.error_detail)
        return (
            log.status_code in self.status_codes
            or bool(self.in_code and re.search(self.in_code, code))
            or bool(self.anywhere and re.search(self.anywhere, everything))
        )


RULES = [
    Rule(
        cause=Cause.SUBSCRIPTION_LAPSED,
        status_codes=frozenset({402}),
        anywhere=r"\bsubscription|\bsubscribed\b|payment required"
        r"|connected services? (is |are |has |have )?(been )?(inactive|expired|disabled|lapsed|not active)",
    ),
    Rule(
        cause=Cause.ACCESS_REVOKED,
        in_code=r"\bpermission|access denied|consent",
        anywhere=r"\brevoked?\b|\bunlinked\b|consent (was |has been )?(withdrawn|removed)"
        r"|no longer (has|have) access|(removed|deleted) (from|by) the (account|user|owner)"
        r"|missing (scope|permission)s?",
    ),
    Rule(
        cause=Cause.PROVIDER_LIMITED,
        status_codes=frozenset({429}),
        in_code=r"rate limit|too many|throttl|quota",
    ),
    Rule(
        cause=Cause.ASLEEP_OR_OUT_OF_COVERAGE,
        status_codes=frozenset({408}),
        in_code=r"asleep|sleeping|offline|unreachable|vehicle (unavailable|timeout|state)",
        anywhere=r"\basleep\b|\bsleeping\b|deep sleep|out of (coverage|range)|no (mobile |cellular )?signal"
        r"|(car|vehicle) (is |was )?(currently )?(offline|unreachable|unavailable|not reachable|not responding)"
        r"|(could not|failed to|unable to) (be )?(wake|woken|reach the (car|vehicle))",
    ),
    Rule(
        cause=Cause.PROVIDER_DOWN,
        status_codes=frozenset(range(500, 600)),
        in_code=r"upstream|service unavailable|maintenance|internal server error|server error|bad gateway",
        anywhere=r"scheduled maintenance|under maintenance",
    ),
    Rule(
        cause=Cause.SIGN_IN_EXPIRED,
        status_codes=frozenset({401}),
        in_code=r"authenti|unauthori[sz]ed|invalid grant|credential|\blogin\b|token",
        anywhere=r"invalid grant|(access|refresh|session) ?token (is |has |was )?(expired|invalid)"
        r"|(log|sign) ?in again|password (was |has been )?(changed|reset)|re ?authenticat",
    ),
    # After the words above: alone, these say that the account no longer lets us see the car.
    Rule(cause=Cause.ACCESS_REVOKED, status_codes=frozenset({403, 404, 410}), in_code=r"forbidden|not found"),
]

# What stays until a person acts. Once the connection is cut, such a log tells more than a newer time-out.
LASTING = {Cause.SIGN_IN_EXPIRED, Cause.ACCESS_REVOKED, Cause.SUBSCRIPTION_LAPSED}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What the logs say; `detail` is for staff: bounded, and without anything secret or personal."""

    cause: Cause
    detail: str


def diagnose(*, vehicle: Vehicle, client: Client, now: datetime) -> Cause | None:
    """Reads the vehicle's recent error logs, stores the cause, and returns it; None if it is no longer stale.

    One request. Raises the errors that can pass by themselves (CanComeBack), and stores nothing then. Logs that
    ev.energy refuses to show are an unknown cause, looked at again after a day like any other.
    """
    if vehicle.stale_since is None:
        return None
    since = max(now - LOOK_BACK, vehicle.last_status_at or now - LOOK_BACK)
    try:
        page = next(client.error_logs(vehicle_id=vehicle.pk, since=since, page_size=MAX_LOGS))
        finding = find_cause(logs=page.items, reason=vehicle.stale_reason)
    except CanComeBack:
        raise
    except EvEnergyError as error:
        finding = Finding(cause=Cause.UNKNOWN, detail=f"Error logs could not be read: {error}")
    # The vehicle may have come back while its logs were read; then there is nothing to explain.
    still_stale = Vehicle.objects.filter(pk=vehicle.pk, stale_since=vehicle.stale_since)
    stored = still_stale.filter(stale_reason=vehicle.stale_reason).update(
        cause=finding.cause,
        cause_detail=finding.detail[:CAUSE_DETAIL_LENGTH],
        cause_read_at=now,
        cause_due_at=now + LOOK_AGAIN_AFTER,
    )
    return finding.cause if stored else None


def find_cause(*, logs: Iterable[ErrorLog], reason: str) -> Finding:
    """Returns what the logs, newest first, say of a vehicle that is stale for `reason`."""
    newest_first = sorted(logs, key=lambda log: log.logged_at, reverse=True)
    known = [(cause_of(log), log) for log in newest_first if cause_of(log) is not Cause.UNKNOWN]
    lasting = [pair for pair in known if pair[0] in LASTING]
    telling = (lasting if reason != StaleReason.SILENT else []) or known
    if telling:
        cause, log = telling[0]
        return Finding(cause=cause, detail=_detail(log, len(newest_first)))
    if newest_first:
        return Finding(cause=Cause.UNKNOWN, detail=_detail(newest_first[0], len(newest_first)))
    return Finding(cause=Cause.UNKNOWN, detail="No error was logged since the last data.")


def cause_of(log: ErrorLog) -> Cause:
    return next((rule.cause for rule in RULES if rule.fits(log)), Cause.UNKNOWN)


def _words(*texts: str | None) -> str:
    """Returns lower-case words parted by spaces: AUTHENTICATION_ERROR and VehicleAPIUnauthorized alike."""
    text = " ".join(text for text in texts if text)[:LONGEST_TEXT]
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", text)
    return " ".join(re.findall(r"[a-z0-9]+", parted.lower()))


def _detail(log: ErrorLog, count: int) -> str:
    codes = [str(log.status_code or ""), log.error_code or "", log.error_type or ""]
    parts = [
        f"{log.logged_at:%Y-%m-%d %H:%M} UTC",
        " ".join(code for code in codes if code),
        f"via {log.controller}" if log.controller else "",
        f"on {log.command}" if log.command else "",
        f"request {log.request_id}" if log.request_id else "",
        (log.error_detail or "")[:LONGEST_DETAIL],
        f"{count} errors since the last data" if count > 1 else "",
    ]
    # Cut before and after: what is looked through must not be as long as whoever wrote it likes.
    text = ", ".join(part for part in parts if part)[:LONGEST_TEXT]
    return _without_secrets(text)[:CAUSE_DETAIL_LENGTH]


def _without_secrets(text: str) -> str:
    """Providers quote what they were sent: addresses, e-mail addresses, tokens and VINs are blotted out."""
    text = re.sub(r"\bhttps?://\S+", "[link]", storable(text), flags=re.IGNORECASE)
    text = re.sub(r"[^\s@]+@[^\s@]+", "[e-mail]", text)
    text = re.sub(
        r"(?i)\b(bearer|token|secret|password|code)(\s*[=:]\s*|\s+)[^\s,;]{6,}", r"\1 [secret]", text
    )
    text = re.sub(r"\b(?=[A-HJ-NPR-Z0-9]*\d)[A-HJ-NPR-Z0-9]{17}\b", "[VIN]", text)
    return re.sub(r"\b(?=\w*\d)[\w.-]{32,}", "[secret]", text)
