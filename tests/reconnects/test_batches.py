from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from onboarding_portal.accounts.models import User
from onboarding_portal.reconnects.models import (
    OPEN_STATES,
    Batch,
    BatchKind,
    Failure,
    Reconnect,
    State,
    UnstableVehicle,
)
from onboarding_portal.reconnects.staff.batch_csv import csv_rows
from onboarding_portal.reconnects.staff.batch_plan import InVain, plan_batch
from onboarding_portal.reconnects.staff.batches import (
    GOES_BEFORE,
    cancel_batch,
    counts_of,
    create_batch,
    is_finished,
    retry_failed,
)
from onboarding_portal.vehicles.models import Cause, Integration, StaleReason, Vehicle
from tests.factories import (
    NOW,
    handle_by_hand,
    make_owner,
    make_staff,
    make_stale_vehicle,
    make_vehicle,
    pause_mail,
)
from tests.reconnects.rows import LINK, make_broken_car, make_reconnect

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

BOTH = list(BatchKind)


def plan(kind: BatchKind) -> tuple[int, dict[str, int]]:
    planned = plan_batch(vehicles=Vehicle.objects.all(), kind=kind, now=NOW)
    return planned.eligible, planned.left_out


def create(kind: BatchKind, *, by: User | None = None) -> Batch:
    return create_batch(vehicles=Vehicle.objects.all(), kind=kind, by=by or make_staff(), now=NOW)


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize("reason", StaleReason)
def test_stale_vehicles_are_eligible(kind: BatchKind, reason: StaleReason) -> None:
    make_stale_vehicle(reason)

    assert plan(kind) == (1, {})


@pytest.mark.parametrize("kind", BOTH)
@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: make_broken_car(removed_at=NOW), "removed"),
        (lambda: make_broken_car(is_disabled=True), "disabled"),
        (lambda: make_broken_car(integration=Integration.UNINTEGRATED), "unintegrated"),
        (make_vehicle, "connected"),
        *[(lambda state=state: make_reconnect(state), "open") for state in sorted(OPEN_STATES)],
    ],
)
def test_vehicles_that_cannot_or_need_not_be_reconnected_are_left_out(
    kind: BatchKind, make: Callable[[], Any], reason: str
) -> None:
    make()

    assert plan(kind) == (0, {reason: 1})
    assert counts_of(create(kind))[State.QUEUED] == 0


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (lambda: make_broken_car(owner=make_owner(is_active=False)), "no_email"),
        (lambda: make_broken_car(owner=pause_mail(make_owner())), "paused"),
        (lambda: handle_by_hand(make_broken_car()), "by_hand"),
        (
            lambda: UnstableVehicle.objects.create(vehicle=make_broken_car(), repairs=3, flagged_at=NOW),
            "unstable",
        ),
        (
            lambda: make_reconnect(State.CANCELLED, emailed_at=NOW - timedelta(hours=23)),
            "cooldown",
        ),
    ],
)
def test_vehicles_whose_owners_get_no_mail_can_still_get_a_link(make: Callable[[], Any], reason: str) -> None:
    make()

    assert plan(BatchKind.EMAILS) == (0, {reason: 1})
    assert plan(BatchKind.LINKS) == (1, {})


def test_owner_may_be_written_to_again_after_a_day() -> None:
    make_reconnect(State.CANCELLED, emailed_at=NOW - timedelta(hours=24))

    assert plan(BatchKind.EMAILS) == (1, {})


def test_plan_tells_the_time_within_the_budget(settings: Any) -> None:
    settings.EV_ENERGY_RESERVED_REQUESTS = 999
    make_broken_car()
    make_broken_car()

    links = plan_batch(vehicles=Vehicle.objects.all(), kind=BatchKind.LINKS, now=NOW)
    mails = plan_batch(vehicles=Vehicle.objects.all(), kind=BatchKind.EMAILS, now=NOW)

    assert links.estimated_seconds >= 3600  # the second has to wait for the window
    assert mails.estimated_seconds == 0


def test_plan_tells_for_how_many_signing_in_again_will_not_help() -> None:
    make_broken_car()
    for integration in (Integration.ACTIVE, Integration.INACTIVE):
        make_stale_vehicle(StaleReason.SILENT, integration=integration, cause=Cause.ASLEEP_OR_OUT_OF_COVERAGE)

    planned = plan_batch(vehicles=Vehicle.objects.all(), kind=BatchKind.EMAILS, now=NOW)

    # Once ev.energy has cut a sleeping car off, it helps again.
    assert (planned.eligible, planned.in_vain) == (
        2,
        [InVain(cause=Cause.ASLEEP_OR_OUT_OF_COVERAGE, count=1)],
    )


def test_plan_takes_the_same_queries_however_many_vehicles() -> None:
    make_broken_car()
    with CaptureQueriesContext(connection) as few:
        plan(BatchKind.EMAILS)
    for _ in range(10):
        make_broken_car()

    with CaptureQueriesContext(connection) as many:
        plan(BatchKind.EMAILS)

    assert len(many) == len(few)


@pytest.mark.parametrize("kind", BOTH)
def test_batch_has_one_reconnect_for_each_eligible_vehicle(
    kind: BatchKind, django_capture_on_commit_callbacks: Any
) -> None:
    stale, staff = {make_broken_car().pk for _ in range(3)}, make_staff()
    make_vehicle()

    with django_capture_on_commit_callbacks(execute=True):
        batch = create(kind, by=staff)

    rows = Reconnect.objects.filter(batch=batch)
    assert set(rows.values_list("vehicle", flat=True)) == stale
    # A few links go before whatever has been waiting.
    due_at = NOW - GOES_BEFORE if kind == BatchKind.LINKS else NOW
    assert set(rows.values_list("state", "requested_by", "wants_email", "next_work_at")) == {
        (State.QUEUED, staff.pk, kind == BatchKind.EMAILS, due_at)
    }
    assert DBTaskResult.objects.exists()


def test_batch_takes_as_many_queries_for_each_chunk() -> None:
    taken = []
    for _ in range(3):
        Reconnect.objects.all().delete()
        for _ in range(4):
            make_broken_car()
        staff = make_staff()
        with CaptureQueriesContext(connection) as queries:
            create_batch(vehicles=Vehicle.objects.all(), kind=BatchKind.LINKS, by=staff, now=NOW, chunk=4)
        taken.append(len(queries))

    # What a chunk writes, and whether anybody is to be told of it.
    assert taken == [taken[0], taken[0] + 4, taken[0] + 8]


def test_vehicle_in_two_batches_is_worked_on_once() -> None:
    make_broken_car()

    first, second = create(BatchKind.LINKS), create(BatchKind.EMAILS)

    assert counts_of(first)[State.QUEUED] == 1
    assert counts_of(second)[State.QUEUED] == 0


def test_cancelling_stops_what_is_not_out_yet() -> None:
    staff = make_staff()
    make_broken_car()
    made = make_broken_car()
    batch = create(BatchKind.LINKS)
    Reconnect.objects.get(vehicle=made).move(State.LINK_READY, now=NOW, url=LINK)

    assert cancel_batch(batch=batch, by=staff, now=NOW) == 1
    assert cancel_batch(batch=batch, by=make_staff(), now=NOW + timedelta(hours=1)) == 0

    counts = counts_of(batch)
    assert (counts[State.CANCELLED], counts[State.LINK_READY]) == (1, 1)
    assert (batch.cancelled_at, batch.cancelled_by) == (NOW, staff)
    assert Reconnect.objects.get(state=State.CANCELLED).events.get().by == staff


def test_failed_ones_are_tried_again() -> None:
    staff = make_staff()
    vehicle = make_broken_car()
    batch = create(BatchKind.LINKS)
    reconnect = Reconnect.objects.get(vehicle=vehicle)
    reconnect.move(State.FAILED, now=NOW, failure=Failure.UNAVAILABLE, failure_detail="Down", tries=4)

    assert retry_failed(batch=batch, by=staff, now=NOW) == 1

    reconnect.refresh_from_db()
    assert (reconnect.state, reconnect.failure, reconnect.tries) == (State.QUEUED, "", 0)
    assert (reconnect.next_work_at, reconnect.ended_at) == (NOW, None)
    assert retry_failed(batch=batch, by=staff, now=NOW) == 0


def test_failed_one_whose_owner_has_clicked_meanwhile_is_left_alone() -> None:
    vehicle = make_broken_car()
    batch = create(BatchKind.LINKS)
    Reconnect.objects.get(vehicle=vehicle).move(State.FAILED, now=NOW)
    make_reconnect(State.REDIRECTED, vehicle=vehicle)

    assert retry_failed(batch=batch, by=make_staff(), now=NOW) == 0
    assert counts_of(batch)[State.FAILED] == 1


def test_counts_take_one_query_and_show_every_state(django_assert_num_queries: Any) -> None:
    for _ in range(2):
        make_broken_car()
    batch = create(BatchKind.LINKS)
    Reconnect.objects.filter(vehicle=Vehicle.objects.first()).get().move(State.FAILED, now=NOW)

    with django_assert_num_queries(1):
        counts = counts_of(batch)

    assert list(counts) == list(State)
    assert (counts[State.QUEUED], counts[State.FAILED], sum(counts.values())) == (1, 1, 2)
    assert not is_finished(counts)


def test_csv_has_a_line_for_each_vehicle_and_links_only_for_those_who_may_see_them() -> None:
    vehicle = make_broken_car(owner=make_owner(email="vera@example.com"))
    batch = create(BatchKind.LINKS)
    Reconnect.objects.get().move(
        State.LINK_READY, now=NOW, url=LINK, expires_at=timezone.now() + timedelta(hours=1)
    )

    without = "".join(csv_rows(batch=batch, with_links=False))
    with_links = "".join(csv_rows(batch=batch, with_links=True))

    header, line = without.removeprefix("\ufeff").splitlines()
    assert header.startswith("vehicle_id,owner,car,state,")
    assert line.startswith(f"{vehicle.pk},vera@example.com,Volvo EX30,LINK_READY,")
    assert LINK not in without
    assert LINK in with_links


@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_csv_runs_no_formula(formula: str) -> None:
    make_broken_car()
    batch = create(BatchKind.LINKS)
    Reconnect.objects.get().move(State.FAILED, now=NOW, failure_detail=formula)

    assert f"'{formula}" in "".join(csv_rows(batch=batch, with_links=False))


LAPSED, ASLEEP = Cause.SUBSCRIPTION_LAPSED, Cause.ASLEEP_OR_OUT_OF_COVERAGE


@pytest.mark.parametrize(
    ("kind", "including", "taken"),
    [
        (BatchKind.EMAILS, [], {"helped"}),
        (BatchKind.EMAILS, [LAPSED], {"helped", LAPSED}),
        (BatchKind.EMAILS, [LAPSED, ASLEEP], {"helped", LAPSED, ASLEEP}),
        (BatchKind.EMAILS, [Cause.SIGN_IN_EXPIRED], {"helped"}),
        (BatchKind.LINKS, [], {"helped", LAPSED, ASLEEP}),
    ],
)
def test_cars_that_signing_in_does_not_help_are_e_mailed_only_if_their_cause_is_taken_in(
    kind: BatchKind, including: list[Cause], taken: set[str]
) -> None:
    cars = {
        "helped": make_broken_car(cause=Cause.SIGN_IN_EXPIRED),
        LAPSED: make_broken_car(cause=LAPSED),
        ASLEEP: make_stale_vehicle(StaleReason.SILENT, cause=ASLEEP),
    }
    planned = plan_batch(vehicles=Vehicle.objects.all(), kind=kind, now=NOW)

    batch = create_batch(
        vehicles=Vehicle.objects.all(), kind=kind, by=make_staff(), now=NOW, including=including
    )

    reconnects = Reconnect.objects.filter(batch=batch)
    assert {row.vehicle_id for row in reconnects} == {cars[name].pk for name in taken}
    assert planned.size(including=including) == len(taken)


def test_what_else_leaves_a_car_out_is_not_undone_by_taking_its_cause_in() -> None:
    make_broken_car(cause=LAPSED, owner=make_owner(is_active=False))

    assert plan(BatchKind.EMAILS) == (0, {"no_email": 1})
    batch = create_batch(
        vehicles=Vehicle.objects.all(), kind=BatchKind.EMAILS, by=make_staff(), now=NOW, including=[LAPSED]
    )
    assert counts_of(batch)[State.QUEUED] == 0
