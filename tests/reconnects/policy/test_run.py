"""What the policy does by itself: whom it mails, how many, to the end, and never twice."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from onboarding_portal.reconnects.models import (
    Arm,
    Origin,
    PolicyChoice,
    PolicyVersion,
    Reconnect,
    State,
    Trial,
)
from onboarding_portal.reconnects.policy import run as running
from onboarding_portal.reconnects.policy.arms import arm_of
from onboarding_portal.reconnects.policy.run import HELD_BACK_FOR, run
from onboarding_portal.vehicles.models import Vehicle
from tests.factories import NOW
from tests.reconnects.policy.office import begin, make_due_cars, write
from tests.reconnects.rows import make_reconnect
from tests.tasks import run_tasks

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def queued() -> int:
    return Reconnect.objects.filter(origin=Origin.RULE, state=State.QUEUED).count()


def test_it_does_nothing_in_a_new_deployment() -> None:
    make_due_cars()

    assert not run(now=NOW)
    write()
    assert not run(now=NOW)
    assert not Reconnect.objects.exists()


def test_each_mail_notes_its_version_and_arm() -> None:
    (car,) = make_due_cars()
    version = begin()

    assert run(now=NOW) == {Arm.MAIN: 1}

    choice = car.reconnects.get().policy_choice
    assert (choice.version, choice.arm, choice.chosen_at) == (version, Arm.MAIN, NOW)


def test_a_second_run_finds_nothing_left() -> None:
    make_due_cars(3)
    begin()

    run(now=NOW)

    assert not run(now=NOW)
    assert queued() == 3


def test_no_24_hours_see_more_than_the_cap() -> None:
    make_due_cars(7)
    begin(most_a_day=3)

    run(now=NOW)
    assert queued() == 3
    Reconnect.objects.update(state=State.EMAILED, emailed_at=NOW)
    run(now=NOW + DAY - timedelta(minutes=1))
    assert queued() == 0
    run(now=NOW + DAY)
    assert queued() == 3


def test_what_waits_to_be_sent_counts_for_the_cap_however_long_it_waits() -> None:
    make_due_cars(7)
    begin(most_a_day=3)
    run(now=NOW)

    run(now=NOW + 2 * DAY)

    assert queued() == 3


def test_a_run_killed_between_its_pieces_is_taken_up(monkeypatch: pytest.MonkeyPatch) -> None:
    make_due_cars(5)
    begin()
    monkeypatch.setattr(running, "CHUNK", 2)
    monkeypatch.setattr(running, "flag_unstable", lambda now: None)
    running._run_piece(now=NOW, written=running._Written())  # and no more
    assert queued() == 2

    run(now=NOW)

    assert queued() == PolicyChoice.objects.count() == 5


def test_a_car_whose_owner_was_faster_keeps_the_owners_reconnect(monkeypatch: pytest.MonkeyPatch) -> None:
    (car,) = make_due_cars()
    begin()
    take = running._take

    def clicks_meanwhile(*args: object, **values: object) -> object:
        make_reconnect(vehicle=car, origin=Origin.OWNER)
        return take(*args, **values)

    monkeypatch.setattr(running, "_take", clicks_meanwhile)

    run(now=NOW)

    assert car.reconnects.get().origin == Origin.OWNER
    assert not PolicyChoice.objects.exists()


def test_what_could_not_be_sent_is_not_tried_again_before_the_pause_is_over() -> None:
    make_due_cars()
    begin(pause_days=10)
    run(now=NOW)
    Reconnect.objects.update(state=State.FAILED, ended_at=NOW)

    run(now=NOW + 9 * DAY)
    assert queued() == 0
    run(now=NOW + 11 * DAY)
    assert queued() == 1


def test_it_stops_after_so_many_mails_about_one_break_and_begins_anew_with_the_next() -> None:
    (car,) = make_due_cars()
    begin(most_askings=2, pause_days=10)
    for days in (0, 11, 22, 33):
        run(now=NOW + days * DAY)
        Reconnect.objects.filter(state=State.QUEUED).update(
            state=State.EXPIRED, emailed_at=NOW + days * DAY, ended_at=NOW
        )
    assert car.reconnects.count() == 2

    Vehicle.objects.update(stale_since=NOW + 40 * DAY)
    run(now=NOW + 50 * DAY)

    assert car.reconnects.count() == 3


def arms(version: PolicyVersion) -> dict[str, list[PolicyChoice]]:
    found: dict[str, list[PolicyChoice]] = {}
    for choice in version.choices.all():
        found.setdefault(choice.arm, []).append(choice)
    return found


@pytest.mark.parametrize(
    ("trial", "wait"), [(Trial.HELD_BACK, HELD_BACK_FOR), (Trial.LATER, timedelta(hours=30))]
)
def test_one_car_in_ten_waits_and_is_mailed_after_it(trial: Trial, wait: timedelta) -> None:
    cars = make_due_cars(60)
    version = begin(trial=trial, later_by_hours=30)
    run(now=NOW)

    chosen = arms(version)
    expected = {
        car.pk
        for car in cars
        if arm_of(vehicle_id=car.pk, stale_since=car.stale_since, trial=trial) != Arm.MAIN
    }
    waiting = chosen[trial.value]
    assert {choice.vehicle_id for choice in waiting} == expected
    assert 0 < len(expected) < 20
    assert not any(choice.reconnect_id for choice in waiting)
    assert queued() == 60 - len(expected)
    # Twice, or by other rules, or after a new start: it waits all the same.
    begin(trial=Trial.NONE)
    run(now=NOW + timedelta(hours=29))
    assert queued() == 60 - len(expected)

    run(now=NOW + wait)

    assert queued() == 60
    assert {choice.pk for choice in arms(version)[trial.value]} == {choice.pk for choice in waiting}


def test_about_one_in_ten_is_drawn_and_always_the_same() -> None:
    def draw() -> list[Arm]:
        since = datetime(2026, 3, 1, tzinfo=UTC)
        return [
            arm_of(
                vehicle_id=f"vhcl{number:022d}",
                stale_since=since + number * DAY,
                trial=Trial.HELD_BACK,
            )
            for number in range(10_000)
        ]

    held_back = draw().count(Arm.HELD_BACK)
    assert 900 < held_back < 1_100
    assert draw() == draw()


@pytest.mark.django_db(transaction=True)
def test_the_mail_goes_out_and_reminders_follow_the_version() -> None:
    make_due_cars()
    with time_machine.travel(NOW, tick=False) as clock:
        begin(reminder_days=[2, 5, 9])
        run(now=NOW)
        run_tasks()
        assert len(mail.outbox) == 1
        days = []
        for hours in range(0, 13 * 24, 6):
            clock.move_to(NOW + timedelta(hours=hours))
            before = len(mail.outbox)
            running.tasks.sweep_reconnects()
            run_tasks()
            days += [hours / 24] * (len(mail.outbox) - before)
    assert days == [2, 5, 9]


def test_a_run_takes_the_same_number_of_queries_for_many_cars() -> None:
    make_due_cars(2)
    begin()
    few = queries_of_a_run()
    make_due_cars(30)

    assert queries_of_a_run() == few


def queries_of_a_run() -> int:
    with CaptureQueriesContext(connection) as queries:
        run(now=NOW)
    return len(queries)
