"""Two identical cars can be told apart; a car that is the only one of its kind says nothing more than its name."""

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from onboarding_portal.vehicles.models import NICKNAME_LENGTH, Vehicle
from onboarding_portal.vehicles.store import store_page
from onboarding_portal.vehicles.telling_apart import told_apart
from tests.factories import NOW, make_make, make_model, make_owner, make_vehicle
from tests.vehicles.resources import vehicle_resource

pytestmark = pytest.mark.django_db

MAY = datetime(2026, 5, 3, 14, 2, tzinfo=UTC)
LATER = MAY + timedelta(days=2)


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        ({"nickname": "Hers"}, {"nickname": "His"}, ["Hers", "His"]),
        ({"nickname": "Hers"}, {"description": "Black one"}, ["Hers", "Black one"]),
        ({"nickname": "Hers"}, {}, ["Hers", "connected on 5 May"]),
        ({"description": "White one"}, {"description": "Black one"}, ["White one", "Black one"]),
        ({"description": "Same"}, {"description": "Same"}, ["connected on 3 May", "connected on 5 May"]),
        ({"description": "One only"}, {}, ["One only", "connected on 5 May"]),
        (
            {"connected_at": MAY},
            {"connected_at": MAY + timedelta(hours=1)},
            ["connected on 3 May 2026, 14:02", "connected on 3 May 2026, 15:02"],
        ),
        ({"connected_at": MAY}, {"connected_at": MAY}, ["id ends in 00000A", "id ends in 00000B"]),
        ({"nickname": "Car"}, {"nickname": "Car"}, ["connected on 3 May", "connected on 5 May"]),
    ],
)
def test_two_identical_cars(first: dict[str, object], second: dict[str, object], words: list[str]) -> None:
    model = make_model("EX30", make=make_make("Volvo"))
    cars = [
        make_vehicle(vehicle_id=f"vhcl{end:0>26}", model=model, **{"connected_at": moment, **fields})
        for end, moment, fields in (("A", MAY, first), ("B", LATER, second))
    ]

    assert told_apart(cars) == dict(zip([car.pk for car in cars], words, strict=True))


def test_cars_of_different_names_need_nothing_but_the_owners_own_name() -> None:
    volvo, kia = make_vehicle(description="Volvo"), make_vehicle(description="Kia", nickname="Blitz")

    assert told_apart([volvo, kia]) == {kia.pk: "Blitz"}


@pytest.fixture
def owners(client: Client) -> tuple[Client, Vehicle, Vehicle]:
    owner, model = make_owner(), make_model("EX30", make=make_make("Volvo"))
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    white, black = (make_vehicle(owner=owner, model=model, description=name) for name in ("White", "Black"))
    return client, white, black


def test_list_and_page_say_which_is_which(owners: tuple[Client, Vehicle, Vehicle]) -> None:
    client, white, black = owners

    everything = client.get("/vehicles/").content.decode()
    page = client.get(f"/vehicles/{white.pk}/").content.decode()

    for name in ("White", "Black"):
        assert f'<span class="told-apart">{name}</span>' in everything
    assert '<span class="told-apart">White</span>' in page
    assert black.description not in page


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("  Blitz  ", "Blitz"),
        ("", ""),
        ("<b>Blitz</b>", "<b>Blitz</b>"),
        ("x" * NICKNAME_LENGTH, "x" * NICKNAME_LENGTH),
    ],
)
def test_owner_names_a_car(owners: tuple[Client, Vehicle, Vehicle], typed: str, stored: str) -> None:
    client, white, _black = owners
    white.write_nickname("Before")

    response = client.post(f"/vehicles/{white.pk}/name/", {"nickname": typed}, follow=True)

    white.refresh_from_db()
    assert (response.status_code, white.nickname) == (200, stored)
    assert "<b>" not in response.content.decode()


def test_a_name_too_long_is_told_beside_it_and_stays_typed(owners: tuple[Client, Vehicle, Vehicle]) -> None:
    client, white, _black = owners
    white.write_nickname("Before")
    typed = "x" * (NICKNAME_LENGTH + 1)

    response = client.post(f"/vehicles/{white.pk}/name/", {"nickname": typed})

    white.refresh_from_db()
    page = response.content.decode()
    assert (response.status_code, white.nickname) == (400, "Before")
    assert f'value="{typed}"' in page
    assert '<details class="card" open>' in page
    assert f"A name has at most {NICKNAME_LENGTH} characters." in page


def test_name_of_the_former_owner_does_not_go_to_the_buyer() -> None:
    car = make_vehicle(nickname="Anna's")
    buyer = make_owner()

    store_page(resources=[vehicle_resource(id=car.pk, owner=buyer)], now=NOW + timedelta(minutes=1))

    car.refresh_from_db()
    assert (car.owner, car.nickname) == (buyer, "")
