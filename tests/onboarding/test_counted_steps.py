"""What is counted before owners leave: steps and searches in vain, as words and numbers, without a person."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from onboarding_portal.catalogue.models import UnknownSearch
from onboarding_portal.catalogue.unknown_search import MOST_OF_A_DAY
from onboarding_portal.onboarding.models import StepCount
from onboarding_portal.onboarding.steps import MOST_NOTED
from tests.factories import NOW, make_make, make_owner

pytestmark = pytest.mark.django_db

TODAY = NOW.date()


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def owner() -> Client:
    client = Client()
    client.force_login(make_owner())
    return client


def counted() -> set[tuple[object, str, str, int]]:
    return set(StepCount.objects.values_list("day", "step", "make_id", "count"))


def test_an_owner_counts_once_for_each_day_step_and_make(
    owner: Client, clock: time_machine.Traveller
) -> None:
    volvo = make_make("Volvo", onboardable=True)
    for _ in range(2):
        owner.get("/connect/")
        owner.get(f"/connect/{volvo.pk}/")
    assert counted() == {(TODAY, "SEEN", "", 1), (TODAY, "PICKED", volvo.pk, 1)}

    clock.shift(timedelta(days=1))
    owner.get("/connect/")
    assert (TODAY + timedelta(days=1), "SEEN", "", 1) in counted()


def test_owners_add_up(owner: Client) -> None:
    other = Client()
    other.force_login(make_owner())
    for client in (owner, other):
        client.get("/connect/")

    assert counted() == {(TODAY, "SEEN", "", 2)}


def test_a_search_in_vain_is_counted_as_words_and_one_that_finds_is_not(owner: Client) -> None:
    make_make("Volvo")
    for query in ("volvo", "Lücid  AIR", "lucid air", ""):
        owner.get("/connect/", {"q": query})

    assert list(UnknownSearch.objects.values_list("words", "count")) == [("lucid air", 2)]


@pytest.mark.parametrize(
    "query",
    [
        "anna@example.com",
        "07700 900123",
        "ab12 cde",
        "W0L000051T2123456",
        "1 high street london",
        "a b",
        "x" * 30,
        "<script>alert(1)</script> foo bar",
        "12345",
        "\x00",
        "?!",
    ],
)
def test_what_may_be_a_persons_is_not_noted(query: str) -> None:
    assert not UnknownSearch.objects.note(query, day=TODAY)
    assert not UnknownSearch.objects.exists()


@pytest.mark.parametrize("query", ["Fisker Ocean", "MG 4", "ID.3", "lotus", "model y"])
def test_what_may_be_a_car_is_noted(query: str) -> None:
    assert UnknownSearch.objects.note(query, day=TODAY)


def test_a_day_keeps_so_many_words_and_goes_on_counting_them() -> None:
    letters = "abcdefghijklmnopqrstuvwxyz"
    names = [f"{first}{second}{third}" for first in letters for second in letters for third in "xy"]
    for name in names[: MOST_OF_A_DAY + 5]:
        UnknownSearch.objects.note(name, day=TODAY)

    assert UnknownSearch.objects.count() == MOST_OF_A_DAY
    assert UnknownSearch.objects.note(names[0], day=TODAY)
    assert UnknownSearch.objects.most_wanted(since=TODAY, at_most=1) == [(names[0], 2)]


def test_one_session_fills_no_table(owner: Client) -> None:
    for letter in "abcdefghijklmnopqrstuvwxyz":
        owner.get("/connect/", {"q": f"{letter * 4}"})

    assert UnknownSearch.objects.count() < MOST_NOTED
