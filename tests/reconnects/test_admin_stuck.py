"""Whom staff ask again: owners who never opened the e-mail, and those who gave up at the manufacturer."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from onboarding_portal.reconnects.models import CameBack, Reconnect, State
from onboarding_portal.vehicles.models import NOT_STALE, Vehicle
from tests.factories import NOW, make_staff, make_stale_vehicle
from tests.reconnects.rows import make_emailed, make_reconnect

pytestmark = pytest.mark.django_db

LIST = "/admin/reconnects/reconnect/"
LEFT = {"redirected_at": NOW}


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(make_staff(is_superuser=True), backend="django.contrib.auth.backends.ModelBackend")
    return client


def listed(staff: Client, **query: str) -> set[int]:
    return {row.pk for row in staff.get(LIST, query).context["cl"].result_list}


def test_never_opened_are_those_whose_link_waits_for_them(staff: Client) -> None:
    waiting, _token = make_emailed()
    make_emailed(opened_at=NOW)
    make_emailed(**LEFT)
    make_reconnect(State.EXPIRED)

    assert listed(staff, stuck="never_opened") == {waiting.pk}


@pytest.mark.parametrize(
    ("state", "fields", "is_listed"),
    [
        (State.REDIRECTED, {**LEFT, "came_back_with": CameBack.STOPPED}, True),
        (State.REDIRECTED, LEFT, False),
        (State.EMAILED, LEFT, True),
        (State.EXPIRED, LEFT, True),
        (State.EXPIRED, {}, False),
        (State.CANCELLED, LEFT, False),
        (State.RECONNECTED, LEFT, False),
    ],
)
def test_who_gave_up_left_for_ev_energy_and_nothing_came_of_it(
    staff: Client, state: State, fields: dict[str, Any], is_listed: bool
) -> None:
    row = make_reconnect(state, **fields)

    assert listed(staff, stuck="gave_up") == ({row.pk} if is_listed else set())


def test_who_is_back_or_was_asked_since_is_not_listed(staff: Client) -> None:
    back, asked = (make_reconnect(State.EXPIRED, **LEFT) for _ in range(2))
    Vehicle.objects.filter(pk=back.vehicle_id).update(**NOT_STALE)
    make_emailed(vehicle=asked.vehicle)

    assert listed(staff, stuck="gave_up") == set()


def act(staff: Client, *rows: Reconnect) -> str:
    form = {"action": "send_again", "_selected_action": [row.pk for row in rows], "confirmed": "yes"}
    return staff.post(LIST, form, follow=True).content.decode()


def test_those_that_ended_are_asked_anew_once(staff: Client) -> None:
    over = make_reconnect(State.EXPIRED, vehicle=make_stale_vehicle(), **LEFT)
    other = make_reconnect(State.EXPIRED)

    assert "Done for 1 reconnect." in act(staff, over, other)
    assert "Done for 0 reconnects." in act(staff, over, other)

    anew = Reconnect.objects.open().get()
    assert (anew.vehicle_id, anew.state, anew.wants_email) == (over.vehicle_id, State.QUEUED, True)
    over.refresh_from_db()
    assert over.state == State.EXPIRED


@pytest.mark.parametrize("query", [{"stuck": "x"}, {"channel": "x"}, {"reached": "x"}, {"cause": "\x00"}])
def test_a_forged_filter_is_no_error(staff: Client, query: dict[str, str]) -> None:
    make_emailed(created_at=NOW - timedelta(days=1))

    assert staff.get(LIST, query, follow=True).status_code in {200, 400}
