"""What each of an owner's pages can make us spend, pressed without end: calls to ev.energy, rows, tasks, mails.

Each row of the table is pressed a hundred times by one owner in two tabs, then by six accounts made today. Whoever
is honest beside them is served.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from secrets import token_hex
from typing import Any

import pytest
from django.core import mail
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from onboarding_portal.accounts.allowance import may
from onboarding_portal.accounts.models import User
from onboarding_portal.onboarding.models import Attempt, Claim
from onboarding_portal.owner_limits import LIMITS, MOST_REFUSED, NEWCOMER_FOR, Press
from onboarding_portal.reconnects.models import Reconnect, State
from onboarding_portal.reconnects.models.event import ReconnectEvent
from onboarding_portal.vehicles.models import Vehicle
from tests.ev_energy_answers import problem_json, url
from tests.ev_energy_api import EvEnergyApi
from tests.factories import make_attempt, make_id, make_model, make_owner, make_vehicle
from tests.reconnects.rows import make_broken_car, make_emailed, make_helper_link, make_reconnect

pytestmark = pytest.mark.django_db

PRESSES = 100
NEWCOMERS = 6
Answer = HttpResponse
Way = Callable[[Client, int], Any]


@dataclass(frozen=True, kw_only=True)
class Spent:
    calls: int = 0
    rows: int = 0
    tasks: int = 0
    mails: int = 0

    def __sub__(self, before: "Spent") -> "Spent":
        names = ("calls", "rows", "tasks", "mails")
        return Spent(**{name: getattr(self, name) - getattr(before, name) for name in names})

    def is_within(self, most: "Spent") -> bool:
        left = most - self
        return min(left.calls, left.rows, left.tasks, left.mails) >= 0


@dataclass(frozen=True, kw_only=True)
class Form:
    """`prepare` gives an owner's way to press it; `one` and `all_new` are the most that may come of it."""

    name: str
    prepare: Callable[[User], Way]
    one: Spent
    all_new: Spent
    bound: str
    says_no: set[int] = field(
        default_factory=lambda: {429}
    )  # empty where what is too much is left undone without a word


def connecting_unknown(owner: User) -> Way:
    return lambda client, _: client.post(reverse("onboarding:start"))


def connecting_known(owner: User) -> Way:
    User.objects.filter(pk=owner.pk).update(ev_energy_user_id=make_id("user"))
    return lambda client, _: client.post(reverse("onboarding:start"))


def coming_back_with_made_up_cars(owner: User) -> Way:
    attempts = [make_attempt(owner=owner, started_at=timezone.now()) for _ in range(5)]

    def press(client: Client, number: int) -> Answer:
        page = reverse("onboarding:return", args=[attempts[number % 5].pk])
        return client.get(page, {"vehicle_uid": [make_id("vhcl") for _ in range(20)]})

    return press


def coming_back_with_one_made_up_car(owner: User) -> Way:
    attempt = make_attempt(owner=owner, started_at=timezone.now())
    page = reverse("onboarding:return", args=[attempt.pk])
    return lambda client, _: client.get(page, {"vehicle_uid": make_id("vhcl")})


def coming_back_with_the_same_car(owner: User) -> Way:
    attempt = make_attempt(owner=owner, started_at=timezone.now())
    page, made_up = reverse("onboarding:return", args=[attempt.pk]), make_id("vhcl")
    return lambda client, _: client.get(page, {"vehicle_uid": made_up})


def joining_the_waitlist(owner: User) -> Way:
    car = {"make_name": "Aptera", "model_name": "Luna"}
    return lambda client, _: client.post(reverse("onboarding:waitlist"), car)


def asking_for_a_country(owner: User) -> Way:
    model = make_model()
    page = reverse("onboarding:country", args=[model.make_id, model.pk])
    return lambda client, _: client.post(page, {"country": "AT"})


def looking_for_cars(owner: User) -> Way:
    User.objects.filter(pk=owner.pk).update(cars_due_at=timezone.now())
    return lambda client, _: client.get(reverse("vehicles:list"))


def looking_at_a_new_car(owner: User) -> Way:
    now = timezone.now()
    fields = {"connected_at": now, "last_status_at": None, "read_at": now - timedelta(minutes=1)}
    car = make_vehicle(owner=owner, **fields)
    return lambda client, _: client.get(reverse("vehicles:detail", args=[car.pk]))


def letting_go(name: str) -> Callable[[User], Way]:
    def prepare(owner: User) -> Way:
        car = make_vehicle(owner=owner)
        return lambda client, _: client.post(reverse(f"vehicles:{name}", args=[car.pk]))

    return prepare


def reconnecting_by_button(owner: User) -> Way:
    page = reverse("reconnects:start", args=[make_broken_car(owner=owner).pk])
    return lambda client, _: client.post(page)


def reconnecting_by_link(owner: User) -> Way:
    car = make_broken_car(owner=owner)
    _, token = make_emailed(vehicle=car, lasting_until=timezone.now() + timedelta(days=1))
    page = reverse("reconnects:lasting", args=[token])

    def press(client: Client, _: int) -> Answer:
        client.get(page)  # leaves the sign of a person
        return client.post(page)

    return press


def reconnecting_by_helper(owner: User) -> Way:
    _link, token = make_helper_link(make_broken_car(owner=owner))
    page = reverse("reconnects:helper", args=[token])

    def press(client: Client, _: int) -> Answer:
        client.get(page)  # leaves the sign of a person
        return client.post(page)

    return press


def coming_back_again_and_again(owner: User) -> Way:
    car, now = make_broken_car(owner=owner), timezone.now()
    make_reconnect(State.REDIRECTED, vehicle=car, redirected_at=now, created_at=now)

    def press(client: Client, number: int) -> Answer:
        said = {"error": "access_denied"} if number % 2 else {}
        return client.get(reverse("reconnects:return"), {"vehicle_uid": car.pk, **said})

    return press


FORMS = [
    Form(
        name="connect, not known to ev.energy yet",
        prepare=connecting_unknown,
        one=Spent(calls=20),
        all_new=Spent(calls=2 * (60 + 3 * NEWCOMERS)),
        bound="10 an hour; all new owners beyond three each: 60 an hour",
    ),
    Form(
        name="connect, known to ev.energy",
        prepare=connecting_known,
        one=Spent(rows=15),
        all_new=Spent(rows=15 * NEWCOMERS),
        bound="15 attempts an hour, 40 a day, 5 open",
    ),
    Form(
        name="come back with 20 made-up cars",
        prepare=coming_back_with_made_up_cars,
        one=Spent(calls=2 * MOST_REFUSED, rows=40, tasks=2),
        all_new=Spent(calls=2 * MOST_REFUSED * NEWCOMERS, rows=40 * NEWCOMERS, tasks=2 * NEWCOMERS),
        bound="20 cars an attempt, 3 of them made up; 40 cars a day",
        says_no={400, 429},
    ),
    Form(
        name="come back with a made-up car",
        prepare=coming_back_with_one_made_up_car,
        one=Spent(calls=MOST_REFUSED, rows=MOST_REFUSED),
        all_new=Spent(calls=MOST_REFUSED * NEWCOMERS, rows=MOST_REFUSED * NEWCOMERS),
        bound="3 made-up cars an attempt",
        says_no={400, 429},
    ),
    Form(
        name="come back with the same car",
        prepare=coming_back_with_the_same_car,
        one=Spent(calls=1, rows=1),
        all_new=Spent(calls=NEWCOMERS, rows=NEWCOMERS),
        bound="a car is asked for once an attempt",
        says_no=set(),
    ),
    Form(
        name="does it work in my country",
        prepare=asking_for_a_country,
        one=Spent(calls=10),
        all_new=Spent(calls=30 + 3 * NEWCOMERS),
        bound="10 an hour; all new owners beyond three each: 30 an hour",
    ),
    Form(
        name="waitlist",
        prepare=joining_the_waitlist,
        one=Spent(calls=5),
        all_new=Spent(calls=20 + NEWCOMERS),
        bound="5 an hour; all new owners beyond one each: 20 an hour",
    ),
    Form(
        name="own cars, first time",
        prepare=looking_for_cars,
        one=Spent(calls=1),
        all_new=Spent(calls=NEWCOMERS),
        bound="the owner's row: once, then in growing steps for a day",
        says_no=set(),
    ),
    *(
        Form(
            name=f"{name} a car",
            prepare=letting_go(name),
            one=Spent(calls=2, tasks=1),
            all_new=Spent(calls=2 * NEWCOMERS, tasks=1),
            bound="once for each car that is connected",
            says_no=set(),
        )
        for name in ("disconnect", "remove")
    ),
    Form(
        name="a car just connected",
        prepare=looking_at_a_new_car,
        one=Spent(tasks=1),
        all_new=Spent(tasks=NEWCOMERS),
        bound="the car's row: about ten reads in the first hour",
        says_no=set(),
    ),
    Form(
        name="reconnect by the button",
        prepare=reconnecting_by_button,
        one=Spent(calls=20, rows=60),
        all_new=Spent(calls=60 + 4 * NEWCOMERS, rows=3 * (60 + 4 * NEWCOMERS)),
        bound="20 an hour; all new owners beyond four each: 60 an hour",
    ),
    Form(
        name="reconnect by an e-mailed link",
        prepare=reconnecting_by_link,
        one=Spent(calls=20, rows=60, tasks=2),
        all_new=Spent(calls=60 + 4 * NEWCOMERS, rows=3 * (60 + 4 * NEWCOMERS), tasks=2),
        bound="20 an hour for the link and for the owner",
    ),
    Form(
        name="reconnect by a helper's link",
        prepare=reconnecting_by_helper,
        one=Spent(calls=20, rows=60, tasks=2),
        all_new=Spent(calls=60 + 4 * NEWCOMERS, rows=3 * (60 + 4 * NEWCOMERS), tasks=2),
        bound="20 an hour for the link and for the owner",
    ),
    Form(
        name="come back from a reconnect",
        prepare=coming_back_again_and_again,
        one=Spent(rows=20, tasks=2),
        all_new=Spent(rows=60 + 4 * NEWCOMERS, tasks=2),
        bound="20 an hour are noted",
        says_no=set(),
    ),
]


def a_new_cache() -> dict[str, dict[str, str]]:
    """In memory, as the one in the database would take most of the time."""
    backend = "django.core.cache.backends.locmem.LocMemCache"
    return {"default": {"BACKEND": backend, "LOCATION": token_hex(8)}}


@pytest.fixture
def ev_energy_in_trouble(ev_energy_api: EvEnergyApi, settings: Any) -> Iterator[EvEnergyApi]:
    """Knows no car and no owner, makes none and gives no links, so that each press asks again."""
    settings.CACHES = a_new_cache()
    ev_energy_api.add_users()
    patient = {"headers": {"Retry-After": "1"}, "breaks_contract": True}  # nothing is repeated by itself
    ev_energy_api.add_problem("POST", "/users", 503, **patient)
    ev_energy_api.add_problem("POST", "/vehicle_waitlist", 503, **patient)
    return ev_energy_api


def answer_for_any_car(api: EvEnergyApi) -> None:
    cars, links = (
        re.compile(url("/vehicles/") + r"vhcl\w+(\?|$)"),
        re.compile(url("/vehicles/") + r".*/reconnect"),
    )
    for method, address, status in (("GET", cars, 404), ("POST", links, 503)):
        answer = api.mock.add(
            method,
            address,
            status=status,
            json=problem_json(status),
            content_type="application/problem+json",
            headers={"Retry-After": "1"},
        )
        api._unchecked.append(answer)


def owner_of_today(*, is_new: bool) -> User:
    joined_at = timezone.now() - (timedelta(0) if is_new else 2 * NEWCOMER_FOR)
    return make_owner(ev_energy_user_id=None, joined_at=joined_at)


def tab(owner: User) -> Client:
    client = Client(REMOTE_ADDR=f"2001:db8:{owner.pk % 65_536:x}::1")  # each from a network of their own
    client.force_login(owner, backend="allauth.account.auth_backends.AuthenticationBackend")
    return client


def spent(api: EvEnergyApi) -> Spent:
    tables = (Attempt, Claim, Reconnect, ReconnectEvent, Vehicle)
    return Spent(
        calls=len(api.requests),
        rows=sum(table._default_manager.count() for table in tables),
        tasks=DBTaskResult.objects.count(),
        mails=len(mail.outbox),
    )


def assert_served(form: Form) -> None:
    """Somebody honest who registered this minute; 503 is ev.energy's trouble, not a refusal of ours."""
    honest = owner_of_today(is_new=True)
    answer = form.prepare(honest)(tab(honest), 0)
    assert answer.status_code != 429
    assert answer.status_code < 400 or answer.status_code == 503


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_one_owner_in_two_tabs(form: Form, ev_energy_in_trouble: EvEnergyApi, table_cell: Any) -> None:
    table_cell("Threats", row=form.name, column="bounded by", says=form.bound)
    most = form.one
    says = f"{most.calls} calls, {most.rows} rows, {most.tasks} tasks, {most.mails} mails"
    table_cell("Threats", row=form.name, column="100 times by one owner, at most", says=says)
    answer_for_any_car(ev_energy_in_trouble)
    owner = owner_of_today(is_new=False)
    press, tabs = form.prepare(owner), [tab(owner), tab(owner)]
    before = spent(ev_energy_in_trouble)

    answers = [press(tabs[number % 2], number) for number in range(PRESSES)]

    cost = spent(ev_energy_in_trouble) - before
    assert cost.is_within(most), cost
    assert all(answer.status_code < 500 or answer.status_code == 503 for answer in answers)
    if form.says_no:
        assert answers[-1].status_code in form.says_no
    if answers[-1].status_code == 429:
        assert "Please come back in" in answers[-1].content.decode()
        assert int(answers[-1]["Retry-After"]) > 0
    assert Attempt.objects.filter(owner=owner, state="STARTED").count() <= 5
    assert_served(form)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.name)
def test_many_accounts_made_today(form: Form, ev_energy_in_trouble: EvEnergyApi, table_cell: Any) -> None:
    most = form.all_new
    says = f"{most.calls} calls, {most.rows} rows, {most.tasks} tasks, {most.mails} mails"
    table_cell("Threats", row=form.name, column="by 6 new accounts, at most", says=says)
    answer_for_any_car(ev_energy_in_trouble)
    presses = [
        (form.prepare(owner), tab(owner)) for owner in (owner_of_today(is_new=True) for _ in range(NEWCOMERS))
    ]
    before = spent(ev_energy_in_trouble)

    for number in range(8):
        for press, client in presses:
            press(client, number)

    cost = spent(ev_energy_in_trouble) - before
    assert cost.is_within(most), cost
    assert_served(form)


@pytest.mark.parametrize("press", sorted(set(Press) - {Press.RETURN}))  # whose own presses are rows
def test_new_owners_share_a_pot_and_the_first_presses_are_each_ones_own(press: Press, settings: Any) -> None:
    settings.CACHES = a_new_cache()
    now, limit = timezone.now(), LIMITS[press]
    own, first, shared = (int(rate.split("/")[0]) for rate in (limit.own, limit.first, limit.newcomers))
    greedy = [User(pk=number, joined_at=now) for number in range(2 + shared // (own - first))]

    granted = sum(may(press, owner=owner, now=now) for owner in greedy for _ in range(own))

    assert granted == first * len(greedy) + shared
    honest = User(pk=len(greedy), joined_at=now)
    old_hand = User(pk=len(greedy) + 1, joined_at=now - 2 * NEWCOMER_FOR)
    assert [may(press, owner=honest, now=now) for _ in range(first + 1)] == [True] * first + [False]
    assert [may(press, owner=old_hand, now=now) for _ in range(own + 1)] == [True] * own + [False]
