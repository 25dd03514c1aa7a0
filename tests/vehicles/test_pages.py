import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from onboarding_portal.accounts.models import User
from onboarding_portal.vehicles.cards import WATCHED_FOR, day_and_time
from onboarding_portal.vehicles.models import Cause, Integration, StaleReason, Vehicle
from tests.ev_energy_api import EvEnergyApi
from tests.factories import (
    NOW,
    make_make,
    make_model,
    make_owner,
    make_stale_vehicle,
    make_trim,
    make_vehicle,
)
from tests.tasks import run_tasks
from tests.vehicles.resources import vehicle_answer

pytestmark = pytest.mark.django_db

LIST = "/vehicles/"


@pytest.fixture(autouse=True)
def _it_is_now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def owner() -> User:
    return make_owner()


@pytest.fixture
def owners_client(client: Client, owner: User) -> Client:
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    return client


def shown(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def detail(vehicle: Vehicle) -> str:
    return reverse("vehicles:detail", args=[vehicle.pk])


def test_the_addresses_are_as_promised() -> None:
    vehicle = make_vehicle()

    assert reverse("vehicles:list") == LIST
    assert detail(vehicle) == f"/vehicles/{vehicle.pk}/"


def test_a_visitor_has_to_sign_in_first(client: Client) -> None:
    for path in (LIST, detail(make_vehicle())):
        response = client.get(path)
        assert response.status_code == 302
        assert response["Location"] == f"/accounts/login/?next={path}"


def test_an_owner_sees_their_own_cars_only(owners_client: Client, owner: User) -> None:
    make_vehicle(owner=owner, description="My own car")
    make_vehicle(description="Somebody else's car")

    page = shown(owners_client, LIST)

    assert "My own car" in page
    assert "Somebody else" not in page


def test_another_owners_car_is_as_unknown_as_one_that_never_was(owners_client: Client, owner: User) -> None:
    foreign, removed = make_vehicle(), make_vehicle(owner=owner, removed_at=NOW)

    paths = [detail(foreign), detail(removed), "/vehicles/vhcl" + "9" * 26 + "/"]
    answers = [owners_client.get(path) for path in paths]

    assert [answer.status_code for answer in answers] == [404, 404, 404]
    # Each form has its own token, each answer its own number and address; all else is alike.
    own = r'value="\w{64}"|[0-9a-f]{32}|vhcl\w{26}'
    pages = {re.sub(own, "", answer.content.decode()) for answer in answers}
    assert len(pages) == 1


@pytest.mark.parametrize(
    "vehicle_id", ["x", "vhcl%00", "vhcl" + "a" * 26, "user" + "0" * 26, "%3Cscript%3E", "vhcl" + "٣" * 26]
)
def test_hostile_ids_are_not_found(owners_client: Client, vehicle_id: str) -> None:
    assert owners_client.get(f"/vehicles/{vehicle_id}/").status_code == 404


def test_pages_take_no_posts(owners_client: Client, owner: User) -> None:
    assert owners_client.post(LIST).status_code == 405
    assert owners_client.post(detail(make_vehicle(owner=owner))).status_code == 405


def test_an_empty_list_leads_to_connecting_a_car(owners_client: Client) -> None:
    page = shown(owners_client, LIST)

    assert "No cars yet" in page
    assert f'href="{reverse("onboarding:makes")}"' in page


def test_a_working_car_says_when_it_sent_data(owners_client: Client, owner: User) -> None:
    model = make_model("EX30", make=make_make("Volvo"))
    vehicle = make_vehicle(
        owner=owner,
        make=model.make,
        model=model,
        trim=make_trim("Ultra", model=model),
        last_status_at=NOW - timedelta(minutes=28),
        state_of_charge_percentage=63,
        is_plugged_in=True,
        is_charging=True,
    )

    for page in (shown(owners_client, LIST), shown(owners_client, detail(vehicle))):
        assert "Volvo EX30" in page
        assert "Working" in page
        assert 'Data received <time datetime="2026-03-14T09:02:00+00:00">today at 09:02</time>' in page
        assert "Battery 63%" in page
        assert "Charging" in page
        assert "Reconnect" not in page
        assert "data-looks-again" not in page
    assert "Ultra" in shown(owners_client, detail(vehicle))


def test_a_lost_car_says_why_and_offers_a_reconnect(owners_client: Client, owner: User) -> None:
    vehicle = make_stale_vehicle(owner=owner, make=make_make("Volvo"), cause=Cause.SIGN_IN_EXPIRED)

    for page in (shown(owners_client, LIST), shown(owners_client, detail(vehicle))):
        assert "Connection lost" in page
        assert "Your sign-in with Volvo has expired." in page
        assert "Reconnect your Volvo" in page
        assert f'<form method="post" action="/vehicles/{vehicle.pk}/reconnect/">' in page
        assert "csrfmiddlewaretoken" in page


def test_no_button_where_reconnecting_does_not_help(owners_client: Client, owner: User) -> None:
    vehicle = make_stale_vehicle(StaleReason.SILENT, owner=owner, cause=Cause.PROVIDER_DOWN)

    page = shown(owners_client, detail(vehicle))

    assert "No data lately" in page
    assert "You need not do anything." in page
    assert f"/vehicles/{vehicle.pk}/reconnect/" not in page


def test_a_car_that_was_marked_by_staff_needs_attention(owners_client: Client, owner: User) -> None:
    vehicle = make_stale_vehicle(StaleReason.MARKED_BY_STAFF, owner=owner, staff_notes="Rang. Angry.")

    page = shown(owners_client, detail(vehicle))

    assert "Needs attention" in page
    assert "staff" not in page.lower()
    assert "Angry" not in page


def test_a_disconnected_car_is_shown_as_such_before_any_rule_ran(owners_client: Client, owner: User) -> None:
    make_vehicle(owner=owner, integration=Integration.INACTIVE)

    assert "Connection lost" in shown(owners_client, LIST)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"is_disabled": True}, "Switched off"),
        ({"is_disabled": True, "is_smart_charging_on": False}, "This car is switched off at ev.energy"),
        ({"integration": Integration.UNINTEGRATED}, "Not connected"),
        ({"is_smart_charging_on": False}, "smart charging is switched off for it at ev.energy"),
    ],
)
def test_cars_that_cannot_send_data_are_not_alarming(
    owners_client: Client, owner: User, fields: dict[str, object], words: str
) -> None:
    vehicle = make_vehicle(owner=owner, **fields)

    page = shown(owners_client, detail(vehicle))

    assert words in page
    assert "Reconnect" not in page


def test_a_car_that_was_never_connected_can_be_connected(owners_client: Client, owner: User) -> None:
    vehicle = make_vehicle(owner=owner, integration=Integration.UNINTEGRATED, last_status_at=None)

    page = shown(owners_client, detail(vehicle))

    assert "Data received" not in page
    assert "Connect it as a new car" in page
    assert page.count("button-primary") == 1
    assert "Connect it as a new car" not in shown(owners_client, detail(make_vehicle(owner=owner)))


def test_names_are_escaped(owners_client: Client, owner: User) -> None:
    vehicle = make_stale_vehicle(
        owner=owner, make=make_make("<b>Bad</b>"), description="<script>alert(1)</script>"
    )

    for page in (shown(owners_client, LIST), shown(owners_client, detail(vehicle))):
        assert "<script>" not in page
        assert "<b>" not in page


@pytest.mark.django_db(transaction=True)
def test_a_waiting_page_refreshes_itself_and_has_the_car_read(
    owners_client: Client, owner: User, ev_energy_api: EvEnergyApi
) -> None:
    connected_at = NOW - timedelta(minutes=1)
    vehicle = make_vehicle(owner=owner, last_status_at=None, connected_at=connected_at, read_at=connected_at)
    ev_energy_api.add_vehicle(vehicle_answer(id=vehicle.pk, owner=owner, sampled_at=NOW))

    waiting = shown(owners_client, detail(vehicle))
    run_tasks()
    working = shown(owners_client, detail(vehicle))

    assert "Waiting for first data" in waiting
    assert 'data-looks-again="10"' in waiting
    assert "Working" in working
    assert "data-looks-again" not in working


def test_a_waiting_page_stops_refreshing_itself_and_says_so(owners_client: Client, owner: User) -> None:
    before = NOW - WATCHED_FOR
    vehicle = make_vehicle(owner=owner, last_status_at=None, connected_at=before, read_at=before)

    page = shown(owners_client, detail(vehicle))

    assert "data-looks-again" not in page
    assert "A parked car may sleep for hours." in page
    assert not DBTaskResult.objects.exists()


@pytest.mark.parametrize("count", [10, 100])
def test_the_list_takes_a_fixed_number_of_queries(owners_client: Client, owner: User, count: int) -> None:
    model = make_model()
    for number in range(count):
        kind = number % 3
        fields = {"owner": owner, "make": model.make, "model": model, "trim": make_trim(model=model)}
        if kind == 0:
            make_vehicle(**fields)
        elif kind == 1:
            make_stale_vehicle(cause=Cause.UNKNOWN, **fields)
        else:
            waiting = {"last_status_at": None, "connected_at": NOW, "read_at": NOW - timedelta(minutes=1)}
            make_vehicle(**{**fields, **waiting})

    with CaptureQueriesContext(connection) as queries:
        shown(owners_client, LIST)

    # The session with the owner, the cars, their reconnects, what is told ahead; one car that is waited for
    # claimed and its task stored.
    assert len(queries) <= 7


def test_the_detail_page_takes_a_fixed_number_of_queries(owners_client: Client, owner: User) -> None:
    model = make_model()
    vehicle = make_stale_vehicle(owner=owner, make=model.make, model=model)

    with CaptureQueriesContext(connection) as queries:
        shown(owners_client, detail(vehicle))

    # The session with the owner, the car, what it needs to be charged smartly and what the portal may do for that,
    # who is asked for help, what was when (episodes, acts, reconnects mailed and left for), a reconnect under way.
    assert len(queries) <= 12


def test_cars_that_need_attention_come_first(owners_client: Client, owner: User) -> None:
    make_vehicle(owner=owner, description="Fine car")
    make_stale_vehicle(owner=owner, description="Lost car")

    page = shown(owners_client, LIST)

    assert page.index("Lost car") < page.index("Fine car")


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (datetime(2026, 3, 14, 0, 0, tzinfo=UTC), "today at 00:00"),
        (datetime(2026, 3, 13, 23, 59, tzinfo=UTC), "yesterday at 23:59"),
        (datetime(2026, 3, 3, 14, 2, tzinfo=UTC), "on 3 March at 14:02"),
        (datetime(2025, 12, 31, 14, 2, tzinfo=UTC), "on 31 December 2025 at 14:02"),
    ],
)
def test_times_are_told_as_people_say_them(moment: datetime, words: str) -> None:
    assert day_and_time(moment, now=NOW) == words


def test_days_end_at_midnight_where_the_company_is() -> None:
    with timezone.override("Europe/Berlin"):
        assert day_and_time(datetime(2026, 3, 13, 23, 30, tzinfo=UTC), now=NOW) == "today at 00:30"


def test_who_comes_back_from_a_reconnect_sees_that_car(owners_client: Client, owner: User) -> None:
    vehicle = make_stale_vehicle(owner=owner)

    response = owners_client.get(LIST, {"vehicle_id": "1501989003", "vehicle_uid": vehicle.pk})

    assert response.status_code == 302
    assert response["Location"] == detail(vehicle)


@pytest.mark.parametrize("claimed", ["", "\x00", "https://evil.example/", "vhcl" + "A" * 26])
def test_who_comes_back_with_anything_else_sees_the_list(
    owners_client: Client, owner: User, claimed: str
) -> None:
    make_vehicle(owner=owner)

    assert owners_client.get(LIST, {"vehicle_uid": claimed}).status_code == 200


def test_who_comes_back_with_the_car_of_another_sees_the_list(owners_client: Client) -> None:
    foreign = make_vehicle()

    assert owners_client.get(LIST, {"vehicle_uid": foreign.pk}).status_code == 200
