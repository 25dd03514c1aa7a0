"""Addresses of the log pages."""

from datetime import datetime
from urllib.parse import urlencode

from django.urls import reverse

from onboarding_portal.diagnostics.log_kinds import Kind, LogEntry, moment_of
from onboarding_portal.ev_energy.times import iso


def list_url(*, vehicle_id: str, kind: Kind, **query: str) -> str:
    return _with_query(reverse("admin:vehicles_vehicle_logs", args=[vehicle_id, kind]), query)


def entry_url(*, vehicle_id: str, kind: Kind, entry: LogEntry) -> str:
    return reverse("admin:vehicles_vehicle_log_entry", args=[vehicle_id, kind, moment_of(entry)])


def timeline_url(*, vehicle_id: str, **query: str) -> str:
    return _with_query(reverse("admin:vehicles_vehicle_timeline", args=[vehicle_id]), query)


def _with_query(path: str, query: dict[str, str]) -> str:
    given = {name: value for name, value in query.items() if value}
    return f"{path}?{urlencode(given)}" if given else path


class KindConverter:
    """`command_logs` in an address is the kind `command`."""

    regex = "(?:command|error|status)_logs"

    def to_python(self, value: str) -> Kind:
        return Kind(value.removesuffix("_logs"))

    def to_url(self, value: str) -> str:
        return f"{value}_logs"


class MomentConverter:
    """A time stamp as ev.energy writes it: `2024-04-17T09:39:45.984584Z`."""

    regex = r"2[01]\d\d-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\d(?:\.\d{1,6})?Z"

    def to_python(self, value: str) -> datetime:
        return datetime.fromisoformat(value)

    def to_url(self, value: datetime) -> str:
        return iso(value)
