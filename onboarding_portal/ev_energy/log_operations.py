"""The client's operations on a vehicle's logs: lists, newest first, and single entries with their vehicle."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from onboarding_portal.ev_energy import ids
from onboarding_portal.ev_energy.calls import Caller
from onboarding_portal.ev_energy.errors import NotFound
from onboarding_portal.ev_energy.resources import CommandLog, ErrorLog, Log, Page, StatusLog
from onboarding_portal.ev_energy.times import iso

LARGEST_PAGE = 100
WITH_VEHICLE = [("expand", "vehicle")]

L = TypeVar("L", bound=Log)


@dataclass(frozen=True, slots=True)
class _Kind:
    operation: str
    time_field: str  # by which entries are sorted, filtered and addressed


KINDS: dict[type[Log], _Kind] = {
    StatusLog: _Kind("status_log", "sampled_at"),
    ErrorLog: _Kind("error_log", "logged_at"),
    CommandLog: _Kind("command_log", "logged_at"),  # needs the scope `debug:read`
}


class LogOperations:
    """The part of the client that reads logs; `kind` is StatusLog, ErrorLog or CommandLog."""

    _call: Caller

    def logs(
        self,
        kind: type[L],
        *,
        vehicle_id: str,
        since: datetime | None = None,
        until: datetime | None = None,
        page_size: int = LARGEST_PAGE,
        page_after: str | None = None,
        page_before: str | None = None,
    ) -> Iterator[Page[L]]:
        """The entries from `since` to `until`, both included, newest first."""
        operation, time_field = f"{KINDS[kind].operation}s", KINDS[kind].time_field
        check_id(ids.is_vehicle_id(vehicle_id), operation)
        query = [("page_size", str(page_size))]
        query += [(f"{time_field}__gte", iso(since))] if since else []
        query += [(f"{time_field}__lte", iso(until))] if until else []
        path = f"/vehicles/{vehicle_id}/{operation}"
        return self._call.pages(
            operation, path, kind, query=query, page_after=page_after, page_before=page_before
        )

    def log(self, kind: type[L], *, vehicle_id: str, at: datetime) -> L:
        """The one entry of that time, with its vehicle."""
        operation = KINDS[kind].operation
        check_id(ids.is_vehicle_id(vehicle_id), operation)
        path = f"/vehicles/{vehicle_id}/{operation}s/{iso(at)}"
        return self._call.one(operation, "GET", path, kind, query=WITH_VEHICLE)


def check_id(fits: bool, operation: str) -> None:
    """An id of another shape names nothing, and must not get into a path. Raises NotFound."""
    if not fits:
        raise NotFound("The id is not of the right shape.", operation=operation)
