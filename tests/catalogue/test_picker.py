"""Owners find their make: what many here drive first, then the alphabet; each with a mark one can read."""

import colorsys
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from onboarding_portal.brand.colours import AA, WHITE, contrast
from onboarding_portal.catalogue.mark import COLOURS, colour_number, initials
from onboarding_portal.catalogue.models import Make
from onboarding_portal.catalogue.picker import lay_out
from onboarding_portal.catalogue.sync import sync_catalogue
from onboarding_portal.ev_energy.client import get_client
from onboarding_portal.vehicles.popular_makes import count_popular_makes
from tests.catalogue.test_sync import small_catalogue
from tests.ev_energy_api import EvEnergyApi
from tests.factories import NOW, make_make, make_owner, make_vehicle

pytestmark = pytest.mark.django_db

STYLESHEET = (Path(settings.BASE_DIR) / "static/portal.css").read_text()
NAMES = [
    "Audi",
    "BMW",
    "BYD",
    "Citroën",
    "Fiat",
    "Kia",
    "MG",
    "Ora",
    "Škoda",
    "Tesla",
    "Volvo",
    "Zeekr",
    "Ω",
    "7X",
]


@pytest.fixture
def makes() -> dict[str, Make]:
    return {name: make_make(name) for name in NAMES}


@pytest.fixture
def owner_client(client: Client) -> Client:
    client.force_login(make_owner())
    return client


def drive(make: Make, cars: int) -> None:
    for _ in range(cars):
        make_vehicle(make=make)


def test_what_many_drive_comes_first(makes: dict[str, Make]) -> None:
    for name, cars in {"Tesla": 3, "Kia": 2, "Volvo": 1}.items():
        drive(makes[name], cars)
    make_vehicle(make=makes["Zeekr"], removed_at=NOW)
    count_popular_makes()

    layout = lay_out(Make.objects.offered())

    assert [make.name for make in layout.popular] == ["Tesla", "Kia", "Volvo"]


def test_counts_follow_the_cars(makes: dict[str, Make]) -> None:
    drive(makes["Kia"], 2)
    count_popular_makes()
    Make.objects.filter(name="Audi").update(cars_count=9)

    count_popular_makes()

    assert dict(Make.objects.filter(name__in=["Audi", "Kia"]).values_list("name", "cars_count")) == {
        "Audi": 0,
        "Kia": 2,
    }


def test_a_sync_leaves_the_counts(ev_energy_api: EvEnergyApi) -> None:
    small_catalogue(ev_energy_api)
    sync_catalogue(client=get_client(), now=NOW)
    Make.objects.update(cars_count=7)

    sync_catalogue(client=get_client(), now=NOW)

    assert set(Make.objects.values_list("cars_count", flat=True)) == {7}


def test_counting_takes_few_queries(makes: dict[str, Make], django_assert_max_num_queries) -> None:
    for name in NAMES:
        drive(makes[name], 1)
    with django_assert_max_num_queries(5):  # cars, makes, one update in a savepoint
        count_popular_makes()


def test_the_alphabet_has_each_make_once_under_its_letter(makes: dict[str, Make]) -> None:
    letters = {
        each.letter: [make.name for make in each.makes] for each in lay_out(Make.objects.offered()).letters
    }

    assert letters["B"] == ["BMW", "BYD"]
    assert letters["C"] == ["Citroën"]
    assert letters["S"] == ["Škoda"]
    assert sorted(letters["#"]) == ["7X", "Ω"]
    assert sorted(name for names in letters.values() for name in names) == sorted(NAMES)


def test_letters_lead_to_where_they_say(owner_client: Client, makes: dict[str, Make]) -> None:
    html = owner_client.get("/connect/").content.decode()

    anchors = re.findall(r'href="#(letter-\w)"', html)
    assert anchors == re.findall(r'id="(letter-\w)"', html)
    assert len(anchors) > 8


def test_a_short_list_has_no_letters(owner_client: Client) -> None:
    drive(make_make("Tesla"), 1)
    count_popular_makes()

    html = owner_client.get("/connect/").content.decode()

    assert html.count("Tesla") == 1
    assert "#letter-" not in html


def test_the_page_takes_a_fixed_number_of_queries(
    owner_client: Client, makes: dict[str, Make], django_assert_num_queries
) -> None:
    owner_client.get("/connect/")
    with django_assert_num_queries(3):  # session, user, makes
        owner_client.get("/connect/")


@pytest.mark.parametrize(
    ("name", "mark"),
    [
        *(("Volvo", "VO"), ("Alfa Romeo", "AR"), ("BMW", "BMW"), ("MG", "MG"), ("Mercedes-Benz", "MB")),
        *(("smart", "SM"), ("Škoda", "ŠK"), ("e.GO", "E."), ("", ""), ("-", "-"), ("7", "7"), ("(x)", "(")),
    ],
)
def test_a_mark_is_what_one_knows_the_make_by(name: str, mark: str) -> None:
    assert initials(name) == mark


def test_every_colour_of_a_mark_carries_white_letters() -> None:
    hues = dict(re.findall(r"\.mark-(\d) { --hue: (\d+); }", STYLESHEET))
    saturation, lightness = map(int, re.findall(r"hsl\(var\(--hue\) (\d+)% (\d+)%\)", STYLESHEET)[0])

    assert sorted(hues) == [str(number) for number in range(COLOURS)]
    for hue in hues.values():
        parts = colorsys.hls_to_rgb(int(hue) / 360, lightness / 100, saturation / 100)
        ground = "#{:02x}{:02x}{:02x}".format(*(round(255 * part) for part in parts))
        assert contrast(ground, WHITE) >= AA, hue


def test_a_make_keeps_its_colour_and_makes_differ() -> None:
    numbers = [colour_number(f"vmak{number:026d}") for number in range(100)]

    assert numbers == [colour_number(f"vmak{number:026d}") for number in range(100)]
    assert set(numbers) == set(range(COLOURS))
