"""The support desk: staff who may read logs, a car, and what ev.energy says of it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import requests
from django.contrib.auth.models import Permission
from django.http import HttpResponse
from django.test import Client

from onboarding_portal.ev_energy.times import iso
from onboarding_portal.vehicles.models import Vehicle
from tests.ev_energy_answers import Json, command_log_json, error_log_json, status_log_json, url, vehicle_json
from tests.ev_energy_api import EvEnergyApi
from tests.factories import NOW, make_make, make_model, make_staff, make_stale_vehicle

KINDS = ["command", "error", "status"]
PLACES = ["list", "entry", "timeline"]
PERIOD = {"since": "2026-03-13T09:00", "until": "2026-03-14T09:30"}
COMMAND_ID = "5f0c2c7e-8f43-4a5e-9d0c-3b1f6f6f1a01"


def sign_in_staff(*codenames: str) -> Client:
    """Staff with these rights; with `view_diagnostics` where none is named."""
    staff = make_staff()
    staff.user_permissions.set(Permission.objects.filter(codename__in=codenames or ["view_diagnostics"]))
    client = Client()
    client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    return client


def make_car(**fields: Any) -> Vehicle:
    """A stale Volvo EX30."""
    model = make_model("EX30", make=make_make("Volvo"))
    return make_stale_vehicle(**{"model": model, "make": model.make, **fields})


def minutes_ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


def time_field(kind: str) -> str:
    return "sampled_at" if kind == "status" else "logged_at"


def entry_json(kind: str, car: Vehicle, *, at: datetime = NOW, **fields: Any) -> Json:
    """One entry; unless given, nothing joins it to another."""
    builders = {"command": command_log_json, "error": error_log_json, "status": status_log_json}
    unjoined = {} if kind == "status" else {"internal_command_id": None}
    return builders[kind](vehicle_id=car.pk, **{time_field(kind): iso(at)}, **{**unjoined, **fields})


def logs_path(kind: str, car: Vehicle) -> str:
    return f"/vehicles/{car.pk}/{kind}_logs"


def add_page(
    api: EvEnergyApi,
    kind: str,
    car: Vehicle,
    entries: Sequence[Json],
    *,
    newer: str = "",
    older: str = "",
    query: dict[str, str] | None = None,
) -> None:
    """One page, with links to the pages beside it as ev.energy writes them."""
    path = logs_path(kind, car)
    links = [
        f'<{url(path)}?page_size=25&{name}={cursor}>; rel="{relation}"'
        for relation, name, cursor in (("previous", "page_before", newer), ("next", "page_after", older))
        if cursor
    ]
    headers = {"Link": ", ".join(links)} if links else None
    api.add("GET", path, json=list(entries), query=query, headers=headers)


def add_entry(api: EvEnergyApi, kind: str, car: Vehicle, entry: Json) -> None:
    """The single entry, with its vehicle."""
    entry = {**entry, "vehicle": vehicle_json(id=car.pk)}
    api.add(
        "GET", f"{logs_path(kind, car)}/{entry[time_field(kind)]}", json=entry, query={"expand": "vehicle"}
    )


def page_url(place: str, kind: str, car: Vehicle, *, at: datetime = NOW) -> str:
    base = f"/admin/vehicles/vehicle/{car.pk}"
    return {
        "list": f"{base}/{kind}_logs/",
        "entry": f"{base}/{kind}_logs/{iso(at)}/",
        "timeline": f"{base}/timeline/?since={PERIOD['since']}&until={PERIOD['until']}",
    }[place]


def text_of(page: HttpResponse) -> str:
    return page.content.decode()


def queries(api: EvEnergyApi) -> list[dict[str, Any]]:
    """The query of each request made to the API, in order."""
    return [getattr(request, "params", {}) for request in api.requests]


def fail(api: EvEnergyApi, path: str, failure: str) -> None:
    """Makes ev.energy's answer to a GET of `path` the failure of that name."""
    statuses = {"unauthorized": 401, "forbidden": 403, "not-found": 404, "limited": 429}
    if failure in statuses:
        headers = {"Retry-After": "90"} if failure == "limited" else None
        api.add_problem("GET", path, statuses[failure], headers=headers, title="As ev.energy says it")
    elif failure == "down":
        # With a time to come back the client does not ask again by itself, which would only take time here.
        api.add_problem("GET", path, 503, headers={"Retry-After": "30"})
    elif failure == "time-out":
        api.add_failure("GET", path, requests.ReadTimeout())
    elif failure == "broken JSON":
        api.add("GET", path, body=b'[{"logged_at": "2026-', breaks_contract=True)
    else:
        assert failure == "breaks the contract"
        api.add("GET", path, json={"logged_at": 7, "sampled_at": 7}, breaks_contract=True)
