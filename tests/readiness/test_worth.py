"""What cars charged smartly before they were cut off: staff's queue in that order, and a sentence to the owner."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from onboarding_portal.readiness.models import Readiness
from onboarding_portal.reconnects.background.lanes import Lane, run_slice
from onboarding_portal.reconnects.models import State
from onboarding_portal.vehicles.models import Vehicle
from tests.factories import NOW, make_make, make_model, make_owner, make_staff
from tests.reconnects.rows import make_broken_car, make_reconnect

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
CARS = reverse("admin:vehicles_vehicle_changelist")
SENTENCE = "In the 30 days before its data stopped, it charged 212\u00a0kWh smartly."


@pytest.fixture(autouse=True)
def _it_is_now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def worth(wh: int, vehicle: Vehicle | None = None, *, days_before: float = 1, **fields: Any) -> Vehicle:
    """A car that is cut off and charged so much so long before that."""
    vehicle = vehicle or make_broken_car()
    assert vehicle.stale_since is not None
    start = vehicle.stale_since - days_before * DAY
    values = {"kept_for": vehicle.owner_id, "latest_smart_at": start, **fields}
    amounts = {start.isoformat(timespec="seconds"): wh} if wh else {}
    Readiness.objects.create(vehicle=vehicle, smart_wh=wh, smart_wh_by_start=amounts, **values)
    return vehicle


def mailed(vehicle: Vehicle, state: State = State.QUEUED) -> list[str]:
    """The text and the HTML of the one e-mail about the car."""
    times = {"emailed_at": NOW - 4 * DAY} if state is State.EMAILED else {"wants_email": True}
    make_reconnect(state, vehicle=vehicle, **times)
    run_slice(Lane.MAILS)
    (message,) = mail.outbox
    return [str(message.body), str(message.alternatives[0][0])]


@pytest.mark.parametrize("state", [State.QUEUED, State.EMAILED], ids=["first mail", "reminder"])
def test_owner_reads_what_their_car_charged_before_it_was_cut_off(state: State) -> None:
    text, html = mailed(worth(211_700), state)

    assert SENTENCE in text
    assert f">{SENTENCE}</p>" in html.replace("&nbsp;", "\u00a0")


@pytest.mark.parametrize("language", ["de", "ar"])
def test_sentence_is_in_the_owners_language(language: str) -> None:
    owner = make_owner(language=language)
    text, html = mailed(worth(212_000, make_broken_car(owner=owner)))

    assert "before its data stopped" not in text + html
    assert "212" in text
    assert "212" in html


@pytest.mark.parametrize("case", ["another owner's", "nothing", "less than 1 kWh", "longer ago"])
def test_nothing_is_said_of_what_is_not_the_owners_or_is_nothing(case: str) -> None:
    other = make_owner().pk
    vehicle = worth(
        {"nothing": 0, "less than 1 kWh": 999}.get(case, 212_000),
        days_before=31 if case == "longer ago" else 1,
        **({"kept_for": other} if case == "another owner's" else {}),
    )

    for part in mailed(vehicle):
        assert "smartly" not in part


def test_letter_about_many_cars_asks_nothing_more_for_it() -> None:
    owner, volvo = make_owner(), make_make("Volvo")
    for name in ("EX30", "EX40", "EX90"):
        car = worth(212_000, make_broken_car(owner=owner, model=make_model(name, make=volvo)))
        make_reconnect(vehicle=car, wants_email=True)

    with CaptureQueriesContext(connection) as captured:
        run_slice(Lane.MAILS)

    assert len(mail.outbox) == 1
    assert not [query for query in captured.captured_queries if "readiness" in query["sql"]]


def test_letter_takes_one_query_for_it() -> None:
    vehicle = worth(212_000)
    with CaptureQueriesContext(connection) as captured:
        mailed(vehicle)

    assert len([query for query in captured.captured_queries if "readiness_readiness" in query["sql"]]) == 1


def column_of_worth(page: str) -> int:
    """The number by which the list is ordered by it, read from the list's own link."""
    head = re.search(r'column-smart_kwh.*?\?[^"]*?o=-?(\d+)', page, re.DOTALL)
    assert head
    return int(head[1])


def order_of(page: str) -> list[str]:
    return re.findall(r'name="_selected_action" value="([^"]+)"', page)


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(make_staff(is_superuser=True), backend="django.contrib.auth.backends.ModelBackend")
    return client


def test_stale_cars_are_listed_by_what_is_lost_while_they_are_cut_off(staff: Client) -> None:
    little, much = worth(9_500), worth(212_000)
    unknown = make_broken_car()
    number = column_of_worth(staff.get(CARS, {"stale": "yes"}).content.decode())

    falling = staff.get(CARS, {"stale": "yes", "o": f"-{number}"}).content.decode()
    rising = staff.get(CARS, {"stale": "yes", "o": f"{number}"}).content.decode()

    assert order_of(falling) == [much.pk, little.pk, unknown.pk]
    assert order_of(rising) == [unknown.pk, little.pk, much.pk]
    assert re.findall(r'field-smart_kwh">([^<]*)<', falling) == ["212.0", "9.5", "-"]


def test_former_owners_figure_is_not_shown(staff: Client) -> None:
    worth(212_000, kept_for=make_owner().pk)

    assert "212" not in re.findall(r'field-smart_kwh">([^<]*)<', staff.get(CARS).content.decode())


def test_order_takes_the_same_queries_for_many_cars(staff: Client, django_assert_num_queries: Any) -> None:
    worth(1000)
    address = f"{CARS}?stale=yes&o=-{column_of_worth(staff.get(CARS).content.decode())}"
    with CaptureQueriesContext(connection) as few:
        staff.get(address)
    for kwh in range(2, 8):
        worth(kwh * 1000)

    with django_assert_num_queries(len(few)):
        staff.get(address)
