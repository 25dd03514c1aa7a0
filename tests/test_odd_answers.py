"""A server on a real socket whose answers are odd, asked by each of the portal's journeys: nothing stops."""

import json
import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from onboarding_portal.catalogue.models import Make, Trim
from onboarding_portal.catalogue.sync import sync_catalogue
from onboarding_portal.ev_energy.client import forget_client, get_client
from onboarding_portal.ev_energy.errors import BadResponse
from onboarding_portal.onboarding.models import Attempt, AttemptState
from onboarding_portal.reconnects.models import Reconnect, State
from onboarding_portal.vehicles.models import Integration, SyncRun, SyncState, Vehicle
from onboarding_portal.vehicles.sync import sync_vehicles
from tests.diagnostics.desk import page_url, sign_in_staff
from tests.ev_energy.test_odd_fields import ODDITIES, with_oddity
from tests.ev_energy_answers import (
    Json,
    an_id,
    error_log_json,
    make_json,
    model_json,
    trim_json,
    vehicle_json,
)
from tests.factories import make_attempt, make_make, make_owner, make_staff, make_stale_vehicle, make_vehicle

pytestmark = pytest.mark.django_db

OPTIONAL = ["trim", "latest_status_log", "integrated", "disabled", "description", "smart_charging_enabled"]
STATUS_FIELDS = [
    "state_of_charge_percentage",
    "is_plugged_in",
    "is_charging",
    "sampled_at",
    "logged_at",
    "state",
]


@dataclass
class EvEnergy:
    """What it answers by path; a list comes in pages of a hundred whose links name an inner host."""

    answers: dict[str, Any] = field(default_factory=dict)
    goes_round: bool = False

    def page(self, entries: list[Any], cursor: str) -> tuple[list[Any], str]:
        start = int(cursor or 0)
        follows = start + 100 < len(entries)
        after = start + 100 if follows else 0
        link = f'<http://api-7d9f.internal:8000/x?page_after={after}>; rel="next"'
        return entries[start : start + 100], link if follows or self.goes_round else ""


@pytest.fixture
def odd_server(settings: Settings) -> Iterator[EvEnergy]:
    served = EvEnergy(answers={"/o/token/": {"access_token": "t", "expires_in": "36000"}})

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            answer, link = served.answers[parts.path], ""
            if isinstance(answer, list):
                answer, link = served.page(answer, parse_qs(parts.query).get("page_after", [""])[0])
            body = json.dumps(answer).encode()
            self.send_response(200)
            for name, value in (("Content-Length", str(len(body))), ("Link", link)):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.do_GET()

        def log_message(self, *_arguments: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    settings.EV_ENERGY_API_URL = f"http://127.0.0.1:{server.server_port}/v2"
    settings.EV_ENERGY_TOKEN_URL = f"http://127.0.0.1:{server.server_port}/o/token/"
    forget_client()
    yield served
    forget_client()
    server.shutdown()
    server.server_close()
    thread.join()


def cars(owner_id: str, count: int) -> list[Json]:
    return [vehicle_json(number, user={"id": owner_id}) for number in range(1, count + 1)]


def odd_cars(owner_id: str) -> list[Json]:
    """One car for each oddity of each field that a car can do without."""
    right = vehicle_json(user={"id": owner_id})
    status: Json = right["latest_status_log"]
    odd = [with_oddity(right, name, oddity) for name in OPTIONAL for oddity in ODDITIES]
    odd += [
        right | {"latest_status_log": with_oddity(status, name, oddity)}
        for name in STATUS_FIELDS
        for oddity in ODDITIES
    ]
    return [car | {"id": an_id("vhcl", 1000 + number)} for number, car in enumerate(odd)]


def test_sync_stores_every_vehicle_whatever_is_odd_about_it(odd_server: EvEnergy) -> None:
    owner = make_owner()
    odd = odd_cars(str(owner.ev_energy_user_id))
    listed = [*cars(str(owner.ev_energy_user_id), 250), *odd]
    odd_server.answers["/v2/vehicles"] = listed

    report = sync_vehicles(client=get_client())

    assert report.run is not None
    assert (report.run.state, report.run.unreadable_count) == (SyncState.COMPLETE, 0)
    assert Vehicle.objects.filter(owner=owner).count() == len(listed)
    word = Vehicle.objects.get(
        pk=odd[OPTIONAL.index("integrated") * len(ODDITIES) + list(ODDITIES).index("unknown word")]["id"]
    )
    assert (word.integration, word.is_stale) == ("PERHAPS", False)


def test_what_cannot_be_used_is_left_out_named_once_and_not_taken_for_vanished(
    odd_server: EvEnergy, caplog: pytest.LogCaptureFixture
) -> None:
    owner = make_owner()
    listed: list[Any] = cars(str(owner.ev_energy_user_id), 150)
    broken, gone = make_vehicle(owner=owner), make_vehicle(owner=owner)
    Vehicle.objects.update(read_at=timezone.now() - timedelta(hours=1))
    listed[120] = vehicle_json(id=broken.pk, user={"id": "nobody"})
    odd_server.answers["/v2/vehicles"] = listed

    with caplog.at_level(logging.WARNING):
        report = sync_vehicles(client=get_client())

    assert report.run is not None
    assert (report.run.unreadable_count, report.run.unreadable) == (1, [[broken.pk, "user"]])
    assert caplog.text.count(broken.pk) == 1
    assert Vehicle.objects.present().filter(pk=broken.pk).exists()
    assert not Vehicle.objects.present().filter(pk=gone.pk).exists()
    assert Vehicle.objects.count() == 151
    page = sign_in(superuser=True).get(reverse("admin:vehicles_syncrun_change", args=[report.run.pk]))
    assert "1 vehicle could not be read" in page.content.decode()
    assert broken.pk in page.content.decode()


@pytest.mark.parametrize("entry", [None, [], "vhcl", {}, vehicle_json() | {"id": None}])
def test_where_it_is_unknown_which_could_not_be_read_none_has_vanished(
    odd_server: EvEnergy, entry: Any
) -> None:
    owner = make_owner()
    kept = make_vehicle(owner=owner, read_at=timezone.now() - timedelta(hours=1))
    odd_server.answers["/v2/vehicles"] = [entry, *cars(str(owner.ev_energy_user_id), 3)]

    report = sync_vehicles(client=get_client())

    assert report.run is not None
    assert (report.run.state, report.run.unreadable_count) == (SyncState.COMPLETE, 1)
    assert Vehicle.objects.present().filter(pk=kept.pk).exists()
    assert Vehicle.objects.count() == 4


def test_pages_that_go_round_end_the_run_as_failed(odd_server: EvEnergy) -> None:
    owner = make_owner()
    odd_server.answers["/v2/vehicles"] = cars(str(owner.ev_energy_user_id), 150)
    odd_server.goes_round = True

    for _attempt in range(2):
        with pytest.raises(BadResponse, match="circle"):
            sync_vehicles(client=get_client())

    assert set(SyncRun.objects.values_list("state", "failure")) == {
        (SyncState.FAILED, "The pages go round in a circle.")
    }
    assert Vehicle.objects.count() == 150


def test_catalogue_is_stored_whatever_is_odd_about_one_entry(odd_server: EvEnergy) -> None:
    make_make("Volvo", make_id=an_id("vmak", 1))
    retired = make_make("Saab")
    right = trim_json(model=1)
    odd = [
        with_oddity(right, name, oddity)
        for name in right
        if name not in {"id", "model"}
        for oddity in ODDITIES
    ]
    trims = [trim | {"id": an_id("trim", number)} for number, trim in enumerate(odd, 1)]
    odd_server.answers |= {
        "/v2/vehicle_makes": [make_json(1, name=None), make_json(2, name=500)],
        "/v2/vehicle_models": [model_json(1, make=1, name=None), None],
        "/v2/vehicle_trims": [*trims, right | {"id": an_id("trim", 999), "model": 7}],
    }

    result = sync_catalogue(client=get_client(), now=timezone.now())

    assert (result.makes, result.models, result.trims, result.unreadable) == (2, 1, len(trims), 2)
    assert list(Make.objects.order_by("pk").values_list("name", flat=True)[:2]) == [retired.name, "Volvo"]
    assert not Make.objects.filter(retired_at=None, pk=retired.pk).exists()
    names = set(Trim.objects.values_list("name", flat=True))
    assert "Volvo" in names  # the name of its model, which is that of its make
    assert not names & {"", None}


def test_odd_car_is_connected_when_its_owner_comes_back(odd_server: EvEnergy, client: Client) -> None:
    for number in range(len(odd_cars(""))):
        owner = make_owner()  # one for each: nobody connects so many cars
        client.force_login(owner)
        car = odd_cars(str(owner.ev_energy_user_id))[number]
        attempt = make_attempt(owner=owner, make_id=make_make().pk, started_at=timezone.now())
        odd_server.answers[f"/v2/vehicles/{car['id']}"] = car

        page = client.get(f"/connect/return/{attempt.pk}/", {"vehicle_uid": car["id"]}, follow=True)

        assert "Your car is connected" in page.content.decode()
        assert Attempt.objects.get(pk=attempt.pk).state == AttemptState.CONNECTED


@pytest.mark.parametrize("name", ["expiry", "expires_at"])
@pytest.mark.parametrize("oddity", ODDITIES)
def test_reconnect_link_is_used_whatever_its_end_is(
    odd_server: EvEnergy, client: Client, name: str, oddity: str
) -> None:
    car = make_stale_vehicle()
    client.force_login(car.owner)
    link = "https://app.ev.energy/reconnect/secret"
    odd_server.answers[f"/v2/vehicles/{car.pk}/reconnect"] = with_oddity({"url": link}, name, oddity)

    answer = client.post(reverse("reconnects:start", args=[car.pk]))

    assert (answer.status_code, answer["Location"]) == (302, link)
    assert Reconnect.objects.get().state == State.REDIRECTED


def test_odd_entries_of_a_log_are_left_out_and_told(odd_server: EvEnergy) -> None:
    car = make_stale_vehicle(integration=Integration.ACTIVE)
    right = error_log_json(vehicle_id=car.pk)
    odd = [with_oddity(right, "logged_at", oddity) for oddity in ODDITIES]
    odd_server.answers[f"/v2/vehicles/{car.pk}/error_logs"] = [right, *odd, None, 3]
    odd_server.answers[f"/v2/vehicles/{car.pk}/command_logs"] = []

    page = sign_in_staff().get(page_url("list", "error", car)).content.decode()

    # One of the oddities is a time, in another form.
    assert f"{len(odd) + 1} entries could not be read and are left out." in page


def sign_in(*, superuser: bool) -> Client:
    staff = make_staff(is_superuser=superuser)
    client = Client()
    client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    return client
