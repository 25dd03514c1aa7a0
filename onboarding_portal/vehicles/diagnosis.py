"""Why a stale vehicle sends nothing: read from its error logs, which ev.energy keeps of every failed call."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from onboarding_portal.ev_energy.client import Client
from onboarding_portal.ev_energy.errors import CanComeBack, EvEnergyError
from onboarding_portal.ev_energy.resources import ErrorLog
from onboarding_portal.redaction import redact
from onboarding_portal.storable import storable
from onboarding_portal.vehicles.make_outage import CONTROLLER_LENGTH
from onboarding_portal.vehicles.models import CAUSE_DETAIL_LENGTH, Cause, StaleReason, Vehicle
from onboarding_portal.vehicles.signs import LONGEST_TEXT, cause_of

LOOK_BACK = timedelta(days=30)
LOOK_AGAIN_AFTER = timedelta(days=1)
MAX_LOGS = 25  # newest first; one request
LONGEST_DETAIL = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What the logs say; `detail` is for staff: bounded, and without anything secret or personal.

    `controller` is whose service the car was read by, "" where no log says.
    """

    cause: Cause
    detail: str
    controller: str = ""


def diagnose(*, vehicle: Vehicle, client: Client, now: datetime) -> Cause | None:
    """Reads the vehicle's recent error logs, stores the cause, and returns it; None if it is no longer stale.

    One request. Raises the errors that can pass by themselves (CanComeBack), and stores nothing then. Logs that
    ev.energy refuses to show are an unknown cause, looked at again after a day like any other.
    """
    if vehicle.stale_since is None:
        return None
    since = max(now - LOOK_BACK, vehicle.last_status_at or now - LOOK_BACK)
    try:
        page = next(client.logs(ErrorLog, vehicle_id=vehicle.pk, since=since, page_size=MAX_LOGS))
        finding = replace(
            find_cause(logs=page.items, reason=vehicle.stale_reason), controller=controller_of(page.items)
        )
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
        **_told_controller(vehicle, finding, now=now),
    )
    return finding.cause if stored else None


def find_cause(*, logs: Iterable[ErrorLog], reason: str) -> Finding:
    """Returns what the logs, newest first, say of a vehicle that is stale for `reason`."""
    newest_first = sorted(logs, key=lambda log: log.logged_at, reverse=True)
    known = [(cause_of(log), log) for log in newest_first if cause_of(log) is not Cause.UNKNOWN]
    # Once the connection is cut, what stays until a person acts tells more than a newer time-out.
    lasting = [pair for pair in known if pair[0].lasts]
    telling = (lasting if reason != StaleReason.SILENT else []) or known
    if telling:
        cause, log = telling[0]
        return Finding(cause=cause, detail=_detail(log, len(newest_first)))
    if newest_first:
        return Finding(cause=Cause.UNKNOWN, detail=_detail(newest_first[0], len(newest_first)))
    return Finding(cause=Cause.UNKNOWN, detail="No error was logged since the last data.")


def _told_controller(vehicle: Vehicle, finding: Finding, *, now: datetime) -> dict[str, object]:
    """What is news of whose service reads the car; it is not forgotten when a log does not say."""
    if finding.controller in {"", vehicle.controller}:
        return {}
    return {"controller": finding.controller, "controller_known_at": now}


def controller_of(logs: Iterable[ErrorLog]) -> str:
    """The controller of the newest log that names one."""
    newest_first = sorted(logs, key=lambda log: log.logged_at, reverse=True)
    named = (storable(log.controller).strip() for log in newest_first if log.controller)
    return next((name[:CONTROLLER_LENGTH] for name in named if name), "")


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
    return redact(storable(text), is_quoted=True)[:CAUSE_DETAIL_LENGTH]
