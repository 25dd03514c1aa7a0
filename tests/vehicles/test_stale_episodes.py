"""Each time a car was stale is a row: whatever writes a car's staleness writes it, too, and says how it ended."""

from collections.abc import Callable
from datetime import datetime, timedelta
from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from onboarding_portal.reconnects.models import Origin, Reconnect, State
from onboarding_portal.reconnects.models.many import move_all
from onboarding_portal.vehicles import staleness
from onboarding_portal.vehicles.models import (
    NOT_STALE,
    Cause,
    EndedBy,
    Integration,
    StaleEpisode,
    StaleReason,
    Vehicle,
)
from onboarding_portal.vehicles.store import store_page
from tests.factories import NOW, make_make, make_owner, make_stale_vehicle, make_vehicle
from tests.reconnects.rows import make_reconnect
from tests.vehicles.resources import vehicle_resource

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)
SINCE = NOW - timedelta(days=1)


def the_episode() -> StaleEpisode:
    return StaleEpisode.objects.get()


def test_a_car_found_stale_opens_an_episode_with_what_counts_need() -> None:
    make = make_make()
    car = make_vehicle(integration=Integration.INACTIVE, make=make)

    staleness.apply_to_all(now=NOW + HOUR)

    row = the_episode()
    assert (row.vehicle, row.make, row.integration) == (car, make, Integration.INACTIVE)
    assert (row.reason, row.started_at, row.lost_at) == (StaleReason.CONNECTION_LOST, NOW, NOW)
    assert (row.connected_since, row.ended_at, row.ended_by) == (car.connected_at, None, "")


def sees_data(car: Vehicle, now: datetime) -> None:
    Vehicle.objects.filter(pk=car.pk).update(integration=Integration.ACTIVE, last_status_at=now, read_at=now)
    staleness.apply_to_all(now=now)


def is_switched_off(car: Vehicle, now: datetime) -> None:
    Vehicle.objects.filter(pk=car.pk).update(is_disabled=True)
    staleness.apply_to(vehicle=car, now=now)


def changes_hands(car: Vehicle, now: datetime) -> None:
    resource = vehicle_resource(id=car.pk, owner=make_owner(), sampled_at=None)
    store_page(resources=[resource], now=now)


def goes_to_an_owner_not_known(car: Vehicle, now: datetime) -> None:
    resource = vehicle_resource(id=car.pk, owner=None, sampled_at=None)
    store_page(resources=[resource], now=now)


def is_saved(car: Vehicle, now: datetime) -> None:
    car.integration, car.last_status_at = Integration.ACTIVE, now
    car.stale_since, car.stale_reason = None, ""
    car.save()


ENDS: list[tuple[Callable[[Vehicle, datetime], Any], EndedBy]] = [
    (sees_data, EndedBy.DATA),
    (is_saved, EndedBy.DATA),
    (lambda car, now: car.clear_stale(now=now), EndedBy.CLEARED),
    (lambda car, now: Vehicle.objects.all().clear_stale(now=now), EndedBy.CLEARED),
    (lambda car, now: Vehicle.objects.update(**NOT_STALE), EndedBy.CLEARED),
    (is_switched_off, EndedBy.SWITCHED_OFF),
    (lambda car, now: car.mark_removed(now=now), EndedBy.REMOVED),
    (goes_to_an_owner_not_known, EndedBy.REMOVED),
    (changes_hands, EndedBy.CHANGED_HANDS),
]


@pytest.mark.parametrize(("end", "told"), ENDS)
def test_an_episode_ends_with_what_ended_it(end: Callable[[Vehicle, datetime], Any], told: EndedBy) -> None:
    car = make_stale_vehicle(cause=Cause.ACCESS_REVOKED)

    end(car, NOW + HOUR)

    row = the_episode()
    assert row.ended_by == told
    assert row.ended_at is not None
    assert row.ended_at >= row.started_at == SINCE
    assert (row.reason, row.cause) == (StaleReason.CONNECTION_LOST, Cause.ACCESS_REVOKED)


def test_another_reason_is_the_same_episode_and_says_when_the_connection_was_lost() -> None:
    car = make_stale_vehicle(StaleReason.SILENT)
    assert the_episode().lost_at is None
    Vehicle.objects.filter(pk=car.pk).update(integration=Integration.INACTIVE)

    staleness.apply_to_all(now=NOW)
    car.mark_stale(now=NOW + HOUR)
    Vehicle.objects.filter(pk=car.pk).update(cause=Cause.SIGN_IN_EXPIRED)

    row = the_episode()
    assert (row.started_at, row.lost_at, row.ended_at) == (SINCE, NOW, None)
    assert (row.reason, row.cause) == (StaleReason.MARKED_BY_STAFF, Cause.SIGN_IN_EXPIRED)


def test_data_in_between_begins_another_episode() -> None:
    make_stale_vehicle(StaleReason.SILENT, integration=Integration.INACTIVE, last_status_at=NOW - HOUR)

    staleness.apply_to_all(now=NOW)

    former, present = StaleEpisode.objects.order_by("started_at")
    assert (former.ended_at, former.ended_by) == (NOW, EndedBy.DATA)
    assert (present.started_at, present.reason) == (NOW, StaleReason.CONNECTION_LOST)


@pytest.mark.parametrize("many", [False, True])
def test_what_a_reconnect_ended_is_its_own_also_if_the_data_was_seen_first(many: bool) -> None:
    reconnect = make_reconnect(State.REDIRECTED, vehicle=make_stale_vehicle(), redirected_at=NOW)
    sees_data(reconnect.vehicle, NOW + HOUR)
    assert the_episode().ended_by == EndedBy.DATA

    if many:
        move_all(Reconnect.objects.all(), State.RECONNECTED, now=NOW + HOUR)
    else:
        reconnect.move(State.RECONNECTED, now=NOW + HOUR)

    assert the_episode().ended_by == EndedBy.RECONNECTED


def test_an_earlier_episode_is_not_the_reconnects() -> None:
    car = make_stale_vehicle()
    sees_data(car, NOW)
    reconnect = make_reconnect(State.REDIRECTED, vehicle=car, redirected_at=NOW + HOUR, origin=Origin.OWNER)

    reconnect.move(State.RECONNECTED, now=NOW + 2 * HOUR)

    assert the_episode().ended_by == EndedBy.DATA


def test_a_deleted_car_leaves_its_counts_and_nothing_of_its_owner() -> None:
    car = make_stale_vehicle(make=make_make())
    car.owner.delete()

    row = the_episode()
    assert (row.vehicle, row.make_id) == (None, car.make_id)
    assert not StaleEpisode.objects.open().exists()

    Vehicle.objects.all().catch_up_episodes(now=NOW)

    assert StaleEpisode.objects.get(ended_at=NOW).ended_by == EndedBy.REMOVED


def test_what_a_former_version_wrote_is_caught_up() -> None:
    car, healed, unchanged = (make_vehicle(), make_stale_vehicle(), make_stale_vehicle())
    as_before = Vehicle.objects.none().__class__.__mro__[-3]  # QuerySet itself, which follows nothing
    as_before(Vehicle).filter(pk=car.pk).update(stale_since=NOW, stale_reason=StaleReason.SILENT)
    as_before(Vehicle).filter(pk=healed.pk).update(**NOT_STALE)

    assert Vehicle.objects.all().catch_up_episodes(now=NOW) == 2

    assert set(StaleEpisode.objects.open().values_list("vehicle", flat=True)) == {car.pk, unchanged.pk}
    assert Vehicle.objects.all().catch_up_episodes(now=NOW) == 0


def test_the_migration_opens_an_episode_for_each_car_that_is_stale() -> None:
    lost, silent = make_stale_vehicle(make=make_make()), make_stale_vehicle(StaleReason.SILENT)
    make_vehicle()
    StaleEpisode.objects.all().delete()
    migration = import_module("onboarding_portal.vehicles.migrations.0009_episodes_of_cars_now_stale")

    for _twice in range(2):
        migration.open_episodes(apps, None)

    rows = dict(StaleEpisode.objects.open().values_list("vehicle", "lost_at"))
    assert rows == {lost.pk: SINCE, silent.pk: None}
    assert Vehicle.objects.all().catch_up_episodes(now=NOW) == 0


def test_a_car_has_one_open_episode_at_most() -> None:
    make_stale_vehicle()
    second = the_episode()
    second.pk = None

    with pytest.raises(IntegrityError), transaction.atomic():
        second.save()


def test_many_cars_take_as_many_queries_as_few() -> None:
    def queries(cars: int) -> int:
        for _ in range(cars):
            make_vehicle(integration=Integration.INACTIVE)
        with CaptureQueriesContext(connection) as captured:
            staleness.apply_to_all(now=NOW)
        return len(captured)

    assert queries(30) == queries(2)


def test_how_often_and_how_long() -> None:
    car, other = make_stale_vehicle(), make_stale_vehicle(StaleReason.SILENT)
    sees_data(car, NOW)
    Vehicle.objects.filter(pk=car.pk).update(integration=Integration.INACTIVE, read_at=NOW + HOUR)
    staleness.apply_to_all(now=NOW + HOUR)

    rows = StaleEpisode.objects.all()
    assert rows.how_often() == {car.pk: 2, other.pk: 1}
    dark = rows.how_long_dark(now=NOW + 3 * HOUR)
    assert (dark["episodes"], dark["cars"]) == (3, 2)
    assert dark["longest"] == 27 * HOUR
    assert dark["average"] == (24 * HOUR + 2 * HOUR + 27 * HOUR) / 3
    assert rows.begun_within(since=NOW, until=NOW + 2 * HOUR).count() == 1
    assert rows.ended_within(since=SINCE, until=NOW + HOUR).count() == 1
    assert rows.touching(since=NOW, until=NOW + HOUR).count() == 1
    assert rows.open_at(NOW - HOUR).count() == 2
    assert rows.none().how_long_dark(now=NOW)["longest"] is None


def test_how_long_connections_lived_and_have_lived() -> None:
    car, alive = make_stale_vehicle(make=make_make()), make_vehicle()
    (first,) = StaleEpisode.objects.lives_that_ended()
    assert first.lived == SINCE - car.connected_at
    sees_data(car, NOW)

    live = dict(Vehicle.objects.with_live_connection().values_list("pk", "connected_since"))
    assert live == {car.pk: NOW, alive.pk: alive.connected_at}

    Vehicle.objects.filter(pk=car.pk).update(integration=Integration.INACTIVE, read_at=NOW + HOUR)
    staleness.apply_to_all(now=NOW + HOUR)
    lived = StaleEpisode.objects.lives_that_ended().order_by("lost_at").values_list("lived", flat=True)
    assert list(lived) == [first.lived, HOUR]


def test_a_removed_car_had_its_connection_until_then_or_had_lost_it() -> None:
    lost, alive, repaired = make_stale_vehicle(), make_vehicle(), make_stale_vehicle()
    sees_data(repaired, NOW)
    for car in (lost, alive, repaired):
        car.mark_removed(now=NOW + HOUR)

    removed = dict(Vehicle.objects.removed_while_connected().values_list("pk", "connected_since"))
    assert removed == {alive.pk: alive.connected_at, repaired.pk: NOW}
    assert not Vehicle.objects.with_live_connection().exists()


def test_a_connection_staff_cleared_while_it_was_lost_ended_once() -> None:
    car = make_stale_vehicle()
    car.clear_stale(now=NOW)
    Vehicle.objects.update(read_at=NOW + HOUR)
    staleness.apply_to_all(now=NOW + HOUR)

    assert StaleEpisode.objects.count() == 2
    assert StaleEpisode.objects.lives_that_ended().count() == 1


def test_what_was_cleared_and_is_found_again_by_the_same_look_had_not_ended() -> None:
    car = make_vehicle(integration=Integration.INACTIVE)
    staleness.apply_to_all(now=NOW)

    car.refresh_from_db()
    car.clear_stale(now=NOW + HOUR)
    staleness.apply_to_all(now=NOW + 2 * HOUR)

    assert (the_episode().started_at, the_episode().ended_at) == (NOW, None)


STEPS = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from(["lost", "data", "silence", "mark", "clear", "off", "on", "remove", "sold", "cause"]),
    ),
    max_size=12,
)


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None
)
@given(steps=STEPS)
def test_whatever_happens_rows_and_episodes_agree(steps: list[tuple[int, str]]) -> None:
    with transaction.atomic():
        cars = [make_vehicle(owner=make_owner()) for _ in range(3)]
        for number, (index, what) in enumerate(steps, start=1):
            now = NOW + number * HOUR
            step(Vehicle.objects.get(pk=cars[index].pk), what, now)
            staleness.apply_to_all(now=now)
            stale = Vehicle.objects.exclude(stale_since=None)
            told = StaleEpisode.objects.open().values_list("vehicle", "started_at", "reason", "cause")
            assert set(told) == set(stale.values_list("pk", "stale_since", "stale_reason", "cause"))
        for car in cars:
            ended = StaleEpisode.objects.filter(vehicle=car).order_by("started_at", "pk")
            moments = [moment for row in ended for moment in (row.started_at, row.ended_at) if moment]
            assert moments == sorted(moments)
        transaction.set_rollback(True)


def step(car: Vehicle, what: str, now: datetime) -> None:
    row = Vehicle.objects.filter(pk=car.pk)
    values: dict[str, dict[str, Any]] = {
        "lost": {"integration": Integration.INACTIVE, "read_at": now},
        "data": {"integration": Integration.ACTIVE, "last_status_at": now, "read_at": now},
        "silence": {"last_status_at": now - timedelta(days=9), "read_at": now},
        "off": {"is_disabled": True},
        "on": {"is_disabled": False, "removed_at": None},
        "cause": {"cause": Cause.ACCESS_REVOKED} if car.is_stale else {},
    }
    if what == "mark":
        car.mark_stale(now=now)
    elif what == "clear":
        car.clear_stale(now=now)
    elif what == "remove":
        car.mark_removed(now=now)
    elif what == "sold":
        changes_hands(car, now)
    elif values[what]:
        row.update(**values[what])
