from datetime import datetime, timedelta
from itertools import product
from pathlib import Path

import pytest
from django.db import IntegrityError, transaction

from onboarding_portal.reconnects.models import (
    FINAL_STATES,
    OPEN_STATES,
    Reconnect,
    ReconnectEvent,
    State,
    WrongState,
    move_all,
)
from onboarding_portal.reconnects.models.states import TRANSITIONS, picture, sources_of
from onboarding_portal.reconnects.timetable import UNSTATED_LIFETIME
from tests.factories import NOW, make_staff
from tests.reconnects.rows import LINK, make_broken_car, make_reconnect

pytestmark = pytest.mark.django_db

PAIRS = list(product(State, State))
ALLOWED = [(source, target) for source, target in PAIRS if target in TRANSITIONS[source]]
REFUSED = [pair for pair in PAIRS if pair not in ALLOWED]


@pytest.mark.parametrize(("source", "target"), ALLOWED)
def test_allowed_step_is_taken_and_written_into_the_history(source: State, target: State) -> None:
    reconnect, staff = make_reconnect(source), make_staff()

    reconnect.move(target, now=NOW, by=staff, note="as asked")

    reconnect.refresh_from_db()
    event = reconnect.events.get()
    assert reconnect.state == target
    assert (event.state, event.at, event.by, event.note) == (target, NOW, staff, "as asked")


@pytest.mark.parametrize(("source", "target"), REFUSED)
def test_refused_step_changes_nothing(source: State, target: State) -> None:
    reconnect = make_reconnect(source)
    before = Reconnect.objects.filter(pk=reconnect.pk).values().get()

    with pytest.raises(WrongState):
        reconnect.move(target, now=NOW)

    assert Reconnect.objects.filter(pk=reconnect.pk).values().get() == before
    assert not ReconnectEvent.objects.exists()


def test_every_state_is_in_the_table_and_can_be_reached() -> None:
    assert set(TRANSITIONS) == set(State)
    assert all(sources_of(state) for state in State)


def test_open_states_are_those_that_can_still_reconnect() -> None:
    ways = {state: State.RECONNECTED in _reachable_from(state) for state in State if state != State.FAILED}
    assert {state for state, has_way in ways.items() if has_way} == OPEN_STATES


def test_second_of_two_who_saw_the_same_state_is_refused() -> None:
    first = make_reconnect(State.EMAILED)
    second = Reconnect.objects.get(pk=first.pk)
    first.move(State.CANCELLED, now=NOW)

    with pytest.raises(WrongState):
        second.move(State.OPENED, now=NOW)

    second.refresh_from_db()
    assert second.state == State.CANCELLED


def test_only_the_holder_of_the_lease_moves_a_leased_row() -> None:
    reconnect = make_reconnect(lease_until=NOW + timedelta(seconds=20))

    assert not reconnect.try_move(State.LINK_READY, now=NOW, lease=NOW + timedelta(seconds=10))
    assert reconnect.try_move(State.LINK_READY, now=NOW, lease=NOW + timedelta(seconds=20))


@pytest.mark.parametrize(
    "state", sorted(FINAL_STATES & sources_of(State.QUEUED) | {State.EXPIRED, State.CANCELLED})
)
def test_end_takes_the_link_away(state: State) -> None:
    reconnect = make_reconnect(State.LINK_READY)

    reconnect.move(state, now=NOW)

    reconnect.refresh_from_db()
    assert (reconnect.url, reconnect.expires_at, reconnect.ended_at) == ("", None, NOW)


def test_database_refuses_a_link_on_an_ended_reconnect() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        make_reconnect(State.EXPIRED, url=LINK)


@pytest.mark.parametrize("state", sorted(OPEN_STATES))
def test_database_refuses_a_second_open_reconnect_of_a_vehicle(state: State) -> None:
    vehicle = make_broken_car()
    make_reconnect(state, vehicle=vehicle)

    with pytest.raises(IntegrityError), transaction.atomic():
        make_reconnect(State.QUEUED, vehicle=vehicle)


@pytest.mark.parametrize("state", sorted(FINAL_STATES))
def test_vehicle_may_be_repaired_again_after_an_end(state: State) -> None:
    vehicle = make_broken_car()
    make_reconnect(state, vehicle=vehicle)

    make_reconnect(State.QUEUED, vehicle=vehicle)

    assert vehicle.reconnects.count() == 2


def test_many_move_at_once_and_those_that_moved_on_stay() -> None:
    queued = [make_reconnect().pk for _ in range(3)]
    ended = make_reconnect(State.RECONNECTED)

    moved = move_all(Reconnect.objects.all(), State.CANCELLED, now=NOW, note="enough")

    assert moved == 3
    ended.refresh_from_db()
    assert ended.state == State.RECONNECTED
    assert set(Reconnect.objects.filter(state=State.CANCELLED).values_list("pk", flat=True)) == set(queued)
    assert set(ReconnectEvent.objects.values_list("reconnect", "note")) == {(pk, "enough") for pk in queued}


def test_link_shows_in_no_text_of_the_row() -> None:
    reconnect = make_reconnect(State.LINK_READY)

    assert LINK not in repr(reconnect)
    assert LINK not in str(reconnect)


def test_picture_in_the_docs_is_drawn_from_the_table() -> None:
    page = Path(__file__).parents[2] / "docs" / "reconnects.md"

    assert f"```mermaid\n{picture()}\n```" in page.read_text()


def test_picture_has_a_line_for_each_transition() -> None:
    lines = picture().splitlines()

    assert [f"    {source} --> {target}" for source, target in ALLOWED] == [
        line for line in lines if "-->" in line and "[*]" not in line
    ]


def _reachable_from(state: State) -> set[State]:
    found: set[State] = set()
    todo = [state]
    while todo:
        for target in TRANSITIONS[todo.pop()] - found:
            if target != State.FAILED:
                found.add(target)
                todo.append(target)
    return found


@pytest.mark.parametrize("expires_at", [None, NOW, NOW + timedelta(minutes=1)])
@pytest.mark.parametrize("made_at", [NOW - UNSTATED_LIFETIME, NOW - timedelta(minutes=1)])
def test_links_that_ran_out_agree_with_how_long_they_work(
    expires_at: datetime | None, made_at: datetime
) -> None:
    row = make_reconnect(state=State.LINK_READY, url=LINK, expires_at=expires_at, link_made_at=made_at)

    works_until = row.link_works_until
    assert works_until is not None
    assert Reconnect.objects.with_link_run_out(now=NOW).exists() == (works_until <= NOW)
