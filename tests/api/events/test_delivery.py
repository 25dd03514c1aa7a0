"""Whatever a receiver does: no event is lost, none of a car comes out of order, and a second copy has the same id."""

import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from pytest_django import Settings
from standardwebhooks import Webhook, WebhookVerificationError

from onboarding_portal.api.events import lanes, sending, tasks
from onboarding_portal.api.events.distribution import distribute
from onboarding_portal.api.events.lanes import run_slice
from onboarding_portal.api.events.models import Delivery, DeliveryState, Endpoint, Event, Lane
from onboarding_portal.api.events.tasks import sweep_events
from tests.api.events import receiver as behaviours
from tests.api.events.receiver import Receiver, receiving
from tests.api.events.rows import an_endpoint

pytestmark = pytest.mark.django_db

START = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
CARS = [f"vhcl{number}" for number in range(6)]


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who hangs is given up soon, so that the tests are over soon."""
    monkeypatch.setattr(sending, "ANSWER_SECONDS", 0.3)


def some_events(*numbers: int, cars: list[str] = CARS) -> None:
    Event.objects.bulk_create(
        Event(kind="vehicle.recovered", at=START, subject=car, vehicle_id=car, data=data_of(car, number))
        for number in numbers
        for car in cars
    )


def data_of(car: str, number: int) -> dict[str, Any]:
    return {"subject": car, "number": number}


def work() -> None:
    """What the workers do until there is nothing left that is due now."""
    for slow in (False, True, False):
        for _ in range(50):
            go_on_at = run_slice(slow=slow, seconds=0.5)
            if go_on_at is None or go_on_at > timezone.now():
                break


def nothing_is_amiss(receiver: Receiver, *numbers: int, cars: list[str] = CARS) -> None:
    for car in cars:
        assert receiver.numbers(car) == list(numbers)
    ids = {(body["data"]["subject"], body["data"]["number"]): event_id for event_id, body in receiver.got}
    assert all(
        event_id == ids[body["data"]["subject"], body["data"]["number"]] for event_id, body in receiver.got
    )
    assert all(len(set(receiver.numbers(car))) == len(numbers) for car in cars)
    assert len(set(ids.values())) == len(ids)


def test_events_come_in_order_signed_and_are_in_the_log(receiver: Receiver) -> None:
    endpoint = an_endpoint(receiver.url)
    receiver.secrets = endpoint.secrets(now=timezone.now())
    some_events(1, 2, 3)

    work()

    nothing_is_amiss(receiver, 1, 2, 3)
    log = Delivery.objects.all()
    assert {(row.state, row.status, row.tries) for row in log} == {(DeliveryState.DELIVERED, 200, 0)}
    assert len(receiver.got) == log.count() == 18
    assert receiver.got[0][1]["type"] == "vehicle.recovered"
    assert receiver.got[0][0].startswith("evt_")
    assert not Lane.objects.exclude(lease_until=None).exists()


@pytest.mark.parametrize(
    "behaviour",
    ["down", "fail", "move", "hang", "die_while_answering", "be_slow"],
)
def test_a_receiver_in_trouble_for_an_hour_misses_nothing(
    behaviour: str, receiver: Receiver, table_cell: Callable[..., None]
) -> None:
    endpoint = an_endpoint(receiver.url)
    if behaviour == "down":
        with socket.socket() as taken:  # nobody listens there
            taken.bind(("127.0.0.1", 0))
            Endpoint.objects.update(url=f"http://127.0.0.1:{taken.getsockname()[1]}/")
    else:
        receiver.behave = getattr(behaviours, behaviour)
    with time_machine.travel(START, tick=False) as traveller:
        for number in range(1, 5):
            some_events(number)
            sweep_events()
            work()
            traveller.shift(15 * MINUTE)
        tries = len(receiver.tried)
        receiver.behave = behaviours.take
        receiver.over.set()
        Endpoint.objects.update(url=receiver.url)
        for _ in range(3):
            some_events()
            work()
            traveller.shift(60 * MINUTE)

    nothing_is_amiss(receiver, 1, 2, 3, 4)
    assert not Delivery.objects.exclude(state=DeliveryState.DELIVERED).exists()
    endpoint.refresh_from_db()
    assert (endpoint.failures, endpoint.pauses, endpoint.paused_until) == (0, 0, None)
    assert tries <= 60  # who is in trouble is left alone
    table_cell("Receivers in trouble", row=behaviour, column="lost", says="0")
    table_cell("Receivers in trouble", row=behaviour, column="requests in the hour", says=str(tries))
    copies = len(receiver.got) - 24
    table_cell("Receivers in trouble", row=behaviour, column="copies, same id", says=str(copies))


def test_a_worker_that_is_killed_after_the_answer_sends_copies_with_the_same_ids(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    an_endpoint(receiver.url)
    some_events(1, 2)

    def killed(*_args: Any, **_more: Any) -> None:
        raise KeyboardInterrupt

    with time_machine.travel(START, tick=False) as traveller:
        with monkeypatch.context() as patch:
            patch.setattr(lanes, "note", killed)
            patch.setattr(type(Lane.objects.all()), "release", lambda *_args: None)
            with pytest.raises(KeyboardInterrupt):
                run_slice(slow=False, seconds=0.5)
        work()
        before = len(receiver.got)
        assert 0 < before <= 12
        traveller.shift(MINUTE)
        work()

    nothing_is_amiss(receiver, 1, 2)
    assert len(receiver.got) > 12


def test_an_event_that_is_refused_holds_up_its_own_car_alone_and_is_given_up_after_three_days(
    receiver: Receiver,
) -> None:
    endpoint = an_endpoint(receiver.url)

    def refuse_one(handler: behaviours.Handler, body: Any) -> None:
        if body["data"] == data_of(CARS[0], 1):
            handler.answer(500)
        else:
            behaviours.take(handler, body)

    receiver.behave = refuse_one
    with time_machine.travel(START, tick=False) as traveller:
        some_events(1, 2)
        for _ in range(3 * 4 + 2):
            work()
            sweep_events()
            assert receiver.numbers(CARS[1]) == [1, 2]
            traveller.shift(6 * 60 * MINUTE)
            endpoint.refresh_from_db()
            assert endpoint.paused_until is None

    nothing_is_amiss(receiver, 1, 2, cars=CARS[1:])
    assert receiver.numbers(CARS[0]) == [2]
    parked = Delivery.objects.get(state=DeliveryState.PARKED)
    assert (parked.event.data, parked.status) == (data_of(CARS[0], 1), 500)
    assert parked.tries > 10


def test_what_nobody_takes_for_three_days_is_given_up(receiver: Receiver) -> None:
    an_endpoint(receiver.url)
    receiver.behave = behaviours.fail
    with time_machine.travel(START, tick=False) as traveller:
        some_events(1, 2)
        work()
        traveller.shift(timedelta(days=3))
        work()
        sweep_events()
    assert set(Delivery.objects.values_list("state", flat=True)) == {DeliveryState.PARKED}
    assert receiver.got == []


def test_a_receiver_that_hangs_does_not_hold_up_another(receiver: Receiver, settings: Settings) -> None:
    an_endpoint(receiver.url)
    with receiving() as good:
        settings.LOCAL_ORIGINS = [receiver.origin, good.origin]
        an_endpoint(good.url)
        receiver.behave = behaviours.hang
        some_events(1)
        run_slice(slow=False, seconds=0.5)  # finds out who hangs
        some_events(2)
        before = len(receiver.tried)

        run_slice(slow=False, seconds=0.5)

        nothing_is_amiss(good, 1, 2)
        assert len(receiver.tried) == before


@pytest.mark.parametrize("turns_slow", [True, False])
def test_an_endpoint_that_turns_slow_or_fast_is_handed_on_at_once(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch, *, turns_slow: bool
) -> None:
    """Without a clock that sweeps: a minute would be lost each time."""
    an_endpoint(receiver.url, is_slow=not turns_slow)
    monkeypatch.setattr(sending, "SLOW_SECONDS", 0.0 if turns_slow else 60.0)
    some_events(1, 2)
    monkeypatch.setattr(lanes, "BUNDLE", 1)
    work_of = {False: tasks.deliver, True: tasks.deliver_to_slow}
    work_of[not turns_slow].func()
    waiting = set(DBTaskResult.objects.values_list("task_path", flat=True))
    assert work_of[turns_slow].module_path in waiting


def test_what_becomes_visible_later_goes_later(receiver: Receiver) -> None:
    an_endpoint(receiver.url)
    late = Event.objects.create(
        kind="vehicle.recovered", subject=CARS[0], data=data_of(CARS[0], 2), distributed_at=START
    )
    some_events(1, cars=CARS[:1])
    work()
    Event.objects.filter(pk=late.pk).update(distributed_at=None)  # its transaction ended only now
    work()
    assert receiver.numbers(CARS[0]) == [1, 2]


def test_an_endpoint_that_is_switched_off_gets_what_was_on_its_way_once_it_is_on(receiver: Receiver) -> None:
    endpoint = an_endpoint(receiver.url)
    some_events(1)
    distribute(now=timezone.now())
    Endpoint.objects.filter(pk=endpoint.pk).update(is_on=False)
    some_events(2)
    work()
    assert receiver.tried == []
    Endpoint.objects.filter(pk=endpoint.pk).update(is_on=True)
    work()
    nothing_is_amiss(receiver, 1)


def test_two_secrets_sign_for_a_day(receiver: Receiver) -> None:
    endpoint = an_endpoint(receiver.url)
    (old,) = endpoint.secrets(now=START)
    new = endpoint.renew_secret(now=START)
    event = Event(kind="endpoint.test", at=START, data={})

    def verifies(secret: str, *, at: datetime) -> bool:
        with time_machine.travel(at, tick=False):
            headers = dict(sending.signed(event, "{}", endpoint, now=at))
            try:
                Webhook(secret).verify("{}", headers)
            except WebhookVerificationError:
                return False
            return True

    assert verifies(old, at=START)
    assert verifies(new, at=START)
    later = START + timedelta(days=1, minutes=1)
    assert verifies(new, at=later)
    assert not verifies(old, at=later)
    assert new not in endpoint.sealed_secret
