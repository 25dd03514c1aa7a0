"""Trouble at a manufacturer, from the first sync that sees it to the last owner who is asked to sign in after it.

The simulation moves cars as ev.energy would tell of them, every hour for days, and does after each what the portal
does after each sync and each minute: the rules of staleness, the look for outages, the sweep, the e-mails.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.utils import timezone

from onboarding_portal.accounts.models import User
from onboarding_portal.catalogue.models import Make
from onboarding_portal.reconnects.background.lanes import Lane, run_slice
from onboarding_portal.reconnects.background.sweep import settle
from onboarding_portal.reconnects.models import OPEN_STATES, BatchKind, Reconnect, State
from onboarding_portal.reconnects.timetable import REMINDERS
from onboarding_portal.vehicles import staleness
from onboarding_portal.vehicles.models import Integration, MakeOutage, Vehicle
from onboarding_portal.vehicles.outages import LONGEST, SETTLES_FOR, review_outages
from tests.factories import NOW, make_id, make_make, make_model, make_staff
from tests.reconnects.rows import make_broken_car, make_emailed, make_reconnect

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
CARS, BROKEN, CUT_OFF = 120, 72, 18
BEFORE, OUTAGE_HOURS = 6, 30
LONG_ENOUGH = 60.0  # for all that is due, on any machine


@dataclass
class World:
    """A fleet of Volvos, some of which have mails waiting or reminders to come, and Kias beside them."""

    clock: time_machine.Traveller
    chance: random.Random
    volvo: Make = field(default_factory=lambda: make_make("Volvo"))
    kia: Make = field(default_factory=lambda: make_make("Kia"))

    def __post_init__(self) -> None:
        for make, count in ((self.volvo, CARS), (self.kia, CARS)):
            model = make_model("One", make=make)
            owners = [
                User(email=f"{make.name.lower()}{n}@example.com", ev_energy_user_id=make_id("user"))
                for n in range(count)
            ]
            Vehicle.objects.bulk_create(
                Vehicle(
                    vehicle_id=make_id("vhcl"),
                    owner=owner,
                    make=make,
                    model=model,
                    integration=Integration.ACTIVE,
                    last_status_at=NOW,
                    connected_at=NOW - timedelta(days=90),
                    read_at=NOW,
                )
                for owner in User.objects.bulk_create(owners)
            )

    def sample(self, make: Make, count: int) -> list[str]:
        working = Vehicle.objects.filter(make=make, integration=Integration.ACTIVE).order_by("pk")
        return self.chance.sample(list(working.values_list("pk", flat=True)), count)

    def cut_off(self, vehicle_ids: list[str]) -> None:
        Vehicle.objects.filter(pk__in=vehicle_ids).update(integration=Integration.INACTIVE)

    def bring_back(self, vehicle_ids: list[str]) -> None:
        Vehicle.objects.filter(pk__in=vehicle_ids).update(integration=Integration.ACTIVE)

    def tick(self) -> None:
        """An hour passes, and a sync with all that follows it."""
        self.clock.shift(HOUR)
        now = timezone.now()
        working = Vehicle.objects.filter(integration=Integration.ACTIVE)
        working.update(last_status_at=now)
        Vehicle.objects.update(read_at=now)
        staleness.apply_to_all(now=now)
        review_outages(now=now)
        settle(now=now)
        run_slice(Lane.MAILS, seconds=LONG_ENOUGH)

    def queue_mails(self, vehicle_ids: list[str]) -> None:
        now = timezone.now()
        for vehicle in Vehicle.objects.filter(pk__in=vehicle_ids):
            make_reconnect(vehicle=vehicle, wants_email=True, created_at=now, next_work_at=now)


@pytest.fixture
def world() -> Iterator[World]:
    with time_machine.travel(NOW, tick=False) as clock:
        yield World(clock, random.Random("a year of volvos"))


def outage_of(make: Make) -> MakeOutage | None:
    return MakeOutage.objects.ongoing().filter(make=make).first()


def mailed_to(make: Make) -> list[str]:
    return sorted(message.to[0] for message in mail.outbox if message.to[0].startswith(make.name.lower()))


def addresses(vehicle_ids: list[str]) -> list[str]:
    return sorted(Vehicle.objects.filter(pk__in=vehicle_ids).values_list("owner__email", flat=True))


def begin(world: World) -> list[str]:
    """Days of peace, then the outage; returns the cars it broke. Staff ask for e-mails to a part of their owners."""
    for _ in range(BEFORE):
        world.tick()
    assert not MakeOutage.objects.exists()
    broken = world.sample(world.volvo, BROKEN)
    world.cut_off(broken)
    world.tick()
    world.queue_mails(broken[:40])
    return broken


def all_at_once(back: list[str], hour: int) -> list[str]:
    return back if hour == 0 else []


def bit_by_bit(back: list[str], hour: int) -> list[str]:
    return back[hour * 10 : hour * 10 + 10]


@pytest.mark.parametrize("returning", [all_at_once, bit_by_bit])
def test_simulated_outage(world: World, returning: Callable[[list[str], int], list[str]]) -> None:
    broken = begin(world)

    found = outage_of(world.volvo)
    assert found is not None, "found by the first sync that saw it"
    assert (found.broken_count, found.car_count, found.began_at) == (BROKEN, CARS, timezone.now())
    assert outage_of(world.kia) is None

    other = world.sample(world.kia, 2)
    world.cut_off(other)
    world.queue_mails(other)
    for _ in range(OUTAGE_HOURS):
        world.tick()
    assert mailed_to(world.volvo) == [], "no e-mail during the outage"
    assert mailed_to(world.kia) == addresses(other), "other makes are e-mailed as ever"

    back, cut_off = broken[:-CUT_OFF], broken[-CUT_OFF:]
    cut_off = cut_off[:9] + broken[:9]  # of those with a mail waiting, nine stay cut off
    back = [pk for pk in broken if pk not in cut_off]
    for hour in range(int(SETTLES_FOR / HOUR) + 8):
        world.bring_back(returning(back, hour))
        world.tick()
    assert outage_of(world.volvo) is None
    assert mailed_to(world.volvo) == addresses(broken[:9]), "only those still cut off, and each of them"
    assert not Reconnect.objects.filter(state=State.QUEUED).exists(), "none forgotten"
    gone = Reconnect.objects.filter(vehicle__in=back)
    assert set(gone.values_list("state", flat=True)) == {State.CANCELLED}

    for _ in range(26):
        world.tick()
    assert MakeOutage.objects.count() == 1, "what stayed cut off does not bring the mark back"


def test_cars_that_never_come_back_are_mailed_after_three_days(world: World) -> None:
    broken = begin(world)

    hours = 0
    while outage_of(world.volvo):
        assert mailed_to(world.volvo) == []
        world.tick()
        hours += 1

    world.tick()
    assert hours == LONGEST / HOUR
    assert mailed_to(world.volvo) == addresses(broken[:40])


def test_reminders_wait_as_well(world: World) -> None:
    early = world.sample(world.volvo, 3)
    for vehicle in Vehicle.objects.filter(pk__in=early):
        make_emailed(vehicle=vehicle, emailed_at=NOW - REMINDERS[0] + 30 * HOUR, next_work_at=NOW + 30 * HOUR)
    world.cut_off(early)

    begin(world)
    for _ in range(OUTAGE_HOURS):
        world.tick()
    during = len(mail.outbox)
    MakeOutage.objects.lift(now=timezone.now())
    world.tick()

    subjects = [message.subject for message in mail.outbox if message.to[0] in addresses(early)]
    assert during == 0
    assert subjects == ["Reminder: your Volvo One is still not connected"] * 3


@pytest.mark.parametrize(
    ("state", "subject"),
    [
        (State.QUEUED, "Please reconnect your Kia EV3"),
        (State.LINK_READY, "Please reconnect your Kia EV3"),
        (State.EMAILED, "Reminder: your Kia EV3 is still not connected"),
        (State.OPENED, "Reminder: your Kia EV3 is still not connected"),
    ],
)
def test_an_owners_car_in_an_outage_is_not_told_of_beside_another(
    clock: time_machine.Traveller, state: State, subject: str
) -> None:
    waits = make_broken_car()
    asked = make_broken_car(owner=waits.owner, model=make_model("EV3", make=make_make("Kia")))
    due = {"emailed_at": NOW - REMINDERS[0]} if state in {State.EMAILED, State.OPENED} else {}
    rows = [make_reconnect(state, vehicle=car, wants_email=True, **due) for car in (waits, asked)]
    MakeOutage.objects.mark(make_id=str(waits.make_id), now=NOW)

    run_slice(Lane.MAILS, seconds=LONG_ENOUGH)

    assert [message.subject for message in mail.outbox] == [subject]
    rows[0].refresh_from_db()
    assert (rows[0].state, rows[0].reminders_sent, rows[0].lease_until) == (state, 0, None)


def test_good_news_is_told_during_an_outage() -> None:
    with time_machine.travel(NOW, tick=False):
        reconnect = make_reconnect(State.RECONNECTED)
        Vehicle.objects.update(integration=Integration.ACTIVE, stale_since=None, stale_reason="")
        MakeOutage.objects.mark(make_id=str(reconnect.vehicle.make_id), now=NOW)

        run_slice(Lane.MAILS, seconds=LONG_ENOUGH)

    assert [message.subject for message in mail.outbox] == ["Your Volvo EX30 is connected again"]


def test_cars_of_no_known_make_are_mailed_as_ever(clock: time_machine.Traveller) -> None:
    MakeOutage.objects.mark(make_id=make_make("Kia").pk, now=NOW)
    reconnect = make_reconnect(wants_email=True)
    Vehicle.objects.update(make=None)

    run_slice(Lane.MAILS, seconds=LONG_ENOUGH)

    reconnect.refresh_from_db()
    assert reconnect.state in OPEN_STATES - {State.QUEUED}


@pytest.mark.parametrize("is_marked", [True, False])
def test_the_lasting_page_says_that_it_is_not_you(
    client: Client, clock: time_machine.Traveller, *, is_marked: bool
) -> None:
    reconnect, token = make_emailed()
    if is_marked:
        MakeOutage.objects.mark(make_id=str(reconnect.vehicle.make_id), now=NOW)

    page = client.get(f"/reconnect/{token}/").content.decode()

    assert ("It is not you: the connection with Volvo has trouble." in page) is is_marked
    assert ("button-primary" in page) is not is_marked
    assert "Go on to Volvo" in page


def test_owners_read_that_it_is_not_them(client: Client, clock: time_machine.Traveller) -> None:
    car = make_broken_car()
    MakeOutage.objects.mark(make_id=str(car.make_id), now=NOW)
    client.force_login(car.owner, backend="django.contrib.auth.backends.ModelBackend")

    for path in ("/vehicles/", f"/vehicles/{car.pk}/"):
        page = client.get(path).content.decode()
        assert "It is not you: the connection with Volvo has trouble." in page
        assert "Trouble at the manufacturer" in page
        assert "badge-bad" not in page
        assert "Sign in again all the same" in page

    MakeOutage.objects.lift(now=NOW)
    assert "Connection lost" in client.get("/vehicles/").content.decode()


def test_staff_set_a_mark_that_stays_until_they_lift_it(
    client: Client, clock: time_machine.Traveller
) -> None:
    car, staff = make_broken_car(), make_staff(is_superuser=True)
    client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    base = "/admin/vehicles/makeoutage/"

    client.post(f"{base}add/", {"make": car.make_id})
    again = client.post(f"{base}add/", {"make": car.make_id})
    outage = MakeOutage.objects.get()
    review_outages(now=NOW + timedelta(days=30))
    still = outage_of(Make.objects.get())
    page = client.get(f"/admin/vehicles/vehicle/{car.pk}/change/").content.decode()
    client.post(base, {"action": "lift", "_selected_action": [outage.pk]})

    assert "This one is marked already." in again.content.decode()
    assert (outage.is_staffs, outage.set_by) == (True, staff)
    assert still == outage
    assert "E-mails to owners wait until it is over." in page
    outage.refresh_from_db()
    assert (outage.lifted_by, outage.lifted_at) == (staff, NOW)


@pytest.mark.parametrize(("kind", "says_so"), [(BatchKind.EMAILS, True), (BatchKind.LINKS, False)])
def test_staff_read_that_e_mails_will_wait(
    client: Client, clock: time_machine.Traveller, kind: BatchKind, *, says_so: bool
) -> None:
    cars = [make_broken_car() for _ in range(3)]
    for car in cars[:2]:
        MakeOutage.objects.mark(make_id=str(car.make_id), now=NOW)
    client.force_login(make_staff(is_superuser=True), backend="django.contrib.auth.backends.ModelBackend")
    action = {BatchKind.EMAILS: "email_reconnect_links", BatchKind.LINKS: "request_reconnect_links"}[kind]

    data = {"action": action, "_selected_action": [car.pk for car in cars]}
    page = client.post("/admin/vehicles/vehicle/", data).content.decode()

    assert ("<b>2</b> of these e-mails wait until the trouble" in page) is says_so


@pytest.mark.parametrize(("which", "count"), [("Volvo", 1), ("ENODE", 2), ("lifted", 5), ("nonsense", 5)])
def test_staff_filter_by_trouble(
    client: Client, clock: time_machine.Traveller, which: str, count: int
) -> None:
    marks = {"nonsense": "x"}
    marks["Volvo"] = str(MakeOutage.objects.mark(make_id=str(make_broken_car().make_id), now=NOW).pk)
    marks["lifted"] = str(MakeOutage.objects.mark(make_id=str(make_broken_car().make_id), now=NOW).pk)
    MakeOutage.objects.filter(pk=marks["lifted"]).lift(now=NOW)
    marks["ENODE"] = str(MakeOutage.objects.mark(controller="ENODE", now=NOW).pk)
    for controller in ("ENODE", "ENODE", "KIA"):
        make_broken_car(controller=controller)
    client.force_login(make_staff(is_superuser=True), backend="django.contrib.auth.backends.ModelBackend")

    response = client.get(f"/admin/vehicles/vehicle/?trouble={marks[which]}", follow=True)

    assert response.context["cl"].result_count == count
    assert bool(response.redirect_chain) is (
        which in {"lifted", "nonsense"}
    )  # which is said on the plain list


def test_a_mark_lifted_by_staff_comes_back_only_by_new_breaks(world: World) -> None:
    begin(world)
    MakeOutage.objects.lift(now=timezone.now(), by=make_staff())

    for _ in range(24):
        world.tick()
    quiet = outage_of(world.volvo)
    world.cut_off(world.sample(world.volvo, CARS - BROKEN))
    world.tick()

    assert quiet is None
    assert outage_of(world.volvo) is not None


def test_a_middlemans_fault_is_found_where_makes_are_small(client: Client) -> None:
    with time_machine.travel(NOW, tick=False):
        fields = {"connected_at": NOW - timedelta(days=9), "stale_since": NOW}
        by_middleman = [
            make_broken_car(**fields, controller=name, controller_known_at=known_at)
            for name, known_at in [
                *[("ENODE", NOW - timedelta(days=5))] * 12,
                # Of these nothing was known before they broke: they are all there is to see of their controller.
                *[("NEW", NOW)] * 6,
                ("", None),
            ]
        ]
        for car in by_middleman:
            make_reconnect(vehicle=car, wants_email=True)

        review_outages(now=NOW)
        run_slice(Lane.MAILS, seconds=LONG_ENOUGH)

        outage = MakeOutage.objects.get()
        owner = by_middleman[0].owner
        client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
        page = client.get("/vehicles/").content.decode()
        held = {message.to[0] for message in mail.outbox}
        MakeOutage.objects.lift(now=NOW)
        run_slice(Lane.MAILS, seconds=LONG_ENOUGH)

    assert (str(outage), outage.broken_count, outage.car_count) == ("ENODE", 12, 12)
    assert held == {car.owner.email for car in by_middleman[12:]}
    assert "It is not you" in page
    assert {message.to[0] for message in mail.outbox} == {car.owner.email for car in by_middleman}


def test_a_large_makes_trouble_is_not_taken_for_its_middlemans(world: World) -> None:
    """Neither while it lasts nor once it is over, though a few are not back then: other makes are mailed as ever."""
    Vehicle.objects.update(controller="ENODE", controller_known_at=NOW - timedelta(days=5))
    broken = begin(world)
    for _ in range(3):
        world.tick()
    world.bring_back(broken[CUT_OFF:])
    for _ in range(int(SETTLES_FOR / HOUR) + 2):
        world.tick()

    assert outage_of(world.volvo) is None
    assert {(mark.make, mark.controller) for mark in MakeOutage.objects.all()} == {(world.volvo, "")}


@pytest.mark.parametrize(
    ("values", "is_marked"),
    [
        ({"make": "the make", "controller": ""}, True),
        ({"make": "", "controller": "ENODE"}, True),
        ({"make": "the make", "controller": "ENODE"}, False),
        ({"make": "", "controller": ""}, False),
        ({"make": "", "controller": "x" * 41}, False),
        ({"make": "nobody", "controller": ""}, False),
    ],
)
def test_staff_mark_a_make_or_a_middleman(client: Client, values: dict[str, str], *, is_marked: bool) -> None:
    make = make_make()
    client.force_login(make_staff(is_superuser=True), backend="django.contrib.auth.backends.ModelBackend")

    chosen = {**values, "make": make.pk if values["make"] == "the make" else values["make"]}
    client.post("/admin/vehicles/makeoutage/add/", chosen)

    assert MakeOutage.objects.exists() is is_marked


def stale_at_first_sight(now: datetime) -> dict[str, object]:
    return {"connected_at": now, "stale_since": now, "stale_reason": "CONNECTION_LOST"}


def marked_by_staff(now: datetime) -> dict[str, object]:
    return {"stale_since": now, "stale_reason": "MARKED_BY_STAFF"}


def long_stale(now: datetime) -> dict[str, object]:
    return {"stale_since": now - timedelta(days=3), "stale_reason": "CONNECTION_LOST"}


def switched_off(now: datetime) -> dict[str, object]:
    return {"stale_since": now, "stale_reason": "CONNECTION_LOST", "is_disabled": True}


def providers_fault(now: datetime) -> dict[str, object]:
    return {**long_stale(now), "cause": "PROVIDER_DOWN", "cause_read_at": now - HOUR}


def providers_fault_of_last_week(now: datetime) -> dict[str, object]:
    return {**providers_fault(now), "cause_read_at": now - timedelta(days=7)}


def just_lost(now: datetime) -> dict[str, object]:
    return {"stale_since": now, "stale_reason": "CONNECTION_LOST"}


@pytest.mark.parametrize(
    ("fields", "is_outage"),
    [
        (just_lost, True),
        (providers_fault, True),
        (providers_fault_of_last_week, False),
        (stale_at_first_sight, False),
        (marked_by_staff, False),
        (long_stale, False),
        (switched_off, False),
    ],
)
def test_what_counts_as_broken(
    world: World, fields: Callable[[datetime], dict[str, object]], *, is_outage: bool
) -> None:
    Vehicle.objects.filter(pk__in=world.sample(world.volvo, BROKEN)).update(**fields(NOW))

    review_outages(now=NOW)
    review_outages(now=NOW)

    assert [outage.make for outage in MakeOutage.objects.all()] == ([world.volvo] if is_outage else [])
