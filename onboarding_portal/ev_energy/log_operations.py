"""The client's operations on a vehicle's logs: lists, newest first, and single entries with their vehicle."""

from collections.abc import Iterator
from datetime import datetime

from onboarding_portal.ev_energy import ids
from onboarding_portal.ev_energy.asking import Asker
from onboarding_portal.ev_energy.errors import NotFound
from onboarding_portal.ev_energy.resources import CommandLog, ErrorLog, Page, StatusLog
from onboarding_portal.ev_energy.times import iso

LARGEST_PAGE = 100
WITH_VEHICLE = [("expand", "vehicle")]


class LogOperations:
    """The part of the client that reads logs."""

    _ask: Asker

    def status_logs(
        self,
        *,
        vehicle_id: str,
        since: datetime | None = None,
        until: datetime | None = None,
        page_size: int = LARGEST_PAGE,
        page_after: str | None = None,
        page_before: str | None = None,
    ) -> Iterator[Page[StatusLog]]:
        """What the car said from `since` to `until`, both included, by the time it said it."""
        check_id(ids.is_vehicle_id(vehicle_id), "status_logs")
        query = _period("sampled_at", since, until, page_size)
        path = f"/vehicles/{vehicle_id}/status_logs"
        return self._ask.pages(
            "status_logs",
            path,
            StatusLog.from_json,
            query=query,
            page_after=page_after,
            page_before=page_before,
        )

    def error_logs(
        self,
        *,
        vehicle_id: str,
        since: datetime | None = None,
        until: datetime | None = None,
        page_size: int = LARGEST_PAGE,
        page_after: str | None = None,
        page_before: str | None = None,
    ) -> Iterator[Page[ErrorLog]]:
        """What failed at the manufacturer's service from `since` to `until`, both included."""
        check_id(ids.is_vehicle_id(vehicle_id), "error_logs")
        query = _period("logged_at", since, until, page_size)
        path = f"/vehicles/{vehicle_id}/error_logs"
        return self._ask.pages(
            "error_logs",
            path,
            ErrorLog.from_json,
            query=query,
            page_after=page_after,
            page_before=page_before,
        )

    def command_logs(
        self,
        *,
        vehicle_id: str,
        since: datetime | None = None,
        until: datetime | None = None,
        page_size: int = LARGEST_PAGE,
        page_after: str | None = None,
        page_before: str | None = None,
    ) -> Iterator[Page[CommandLog]]:
        """What was sent to the car from `since` to `until`, both included. Needs the scope `debug:read`."""
        check_id(ids.is_vehicle_id(vehicle_id), "command_logs")
        query = _period("logged_at", since, until, page_size)
        path = f"/vehicles/{vehicle_id}/command_logs"
        return self._ask.pages(
            "command_logs",
            path,
            CommandLog.from_json,
            query=query,
            page_after=page_after,
            page_before=page_before,
        )

    def status_log(self, *, vehicle_id: str, at: datetime) -> StatusLog:
        """The one entry of that `sampled_at`, with its vehicle."""
        check_id(ids.is_vehicle_id(vehicle_id), "status_log")
        path = f"/vehicles/{vehicle_id}/status_logs/{iso(at)}"
        return self._ask.one("status_log", "GET", path, StatusLog.from_json, query=WITH_VEHICLE)

    def error_log(self, *, vehicle_id: str, at: datetime) -> ErrorLog:
        """The one entry of that `logged_at`, with its vehicle."""
        check_id(ids.is_vehicle_id(vehicle_id), "error_log")
        path = f"/vehicles/{vehicle_id}/error_logs/{iso(at)}"
        return self._ask.one("error_log", "GET", path, ErrorLog.from_json, query=WITH_VEHICLE)

    def command_log(self, *, vehicle_id: str, at: datetime) -> CommandLog:
        """The one entry of that `logged_at`, with its vehicle. Needs the scope `debug:read`."""
        check_id(ids.is_vehicle_id(vehicle_id), "command_log")
        path = f"/vehicles/{vehicle_id}/command_logs/{iso(at)}"
        return self._ask.one("command_log", "GET", path, CommandLog.from_json, query=WITH_VEHICLE)


def check_id(fits: bool, operation: str) -> None:
    """An id of another shape names nothing, and must not get into a path. Raises NotFound."""
    if not fits:
        raise NotFound("The id is not of the right shape.", operation=operation)


def _period(
    field: str, since: datetime | None, until: datetime | None, page_size: int
) -> list[tuple[str, str]]:
    query = [("page_size", str(page_size))]
    if since is not None:
        query.append((f"{field}__gte", iso(since)))
    if until is not None:
        query.append((f"{field}__lte", iso(until)))
    return query
