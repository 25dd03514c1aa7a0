from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import responses
from requests import ConnectionError as NoConnection

from onboarding_portal.ev_energy.client import get_client
from onboarding_portal.ev_energy.errors import BadResponse, NotFound, RateLimited, Unavailable
from onboarding_portal.reconnects.link import make_link
from onboarding_portal.reconnects.link.failed_try import ForeignLink
from onboarding_portal.reconnects.link.make_link import Busy, link_for, refuse_foreign
from onboarding_portal.reconnects.models import (
    OPEN_STATES,
    Failure,
    Origin,
    Reconnect,
    State,
    WrongState,
)
from onboarding_portal.timing import RECONNECT_LEASE
from tests.ev_energy_api import EvEnergyApi
from tests.factories import NOW
from tests.reconnects.rows import LINK, OTHER_LINK, make_reconnect

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

FOREIGN = [
    "http://app.ev.energy/start/1",
    "https://ev.energy.evil.example/start/1",
    "https://evil.example/ev.energy",
    "https://notev.energy/start/1",
    "https://ev.energy@evil.example/start/1",
    "https://evil.example\\@ev.energy/start/1",
    "https://app.ev.energy:8443/start/1",
    "https://user:password@app.ev.energy/start/1",
    "https://app.ev.energy\t.evil.example/start/1",
    "https://app.ev.energy\n/start/1",
    "https://app.ev.energy /start/1",
    "https://[app.ev.energy/start/1",
    "https://app.ev.energy:port/start/1",
    "//app.ev.energy/start/1",
    "javascript:alert('https://app.ev.energy/')",
    "data:text/html,ev.energy",
    "https://",
    "",
]


def ask(reconnect: Reconnect, *, now: datetime = NOW) -> str:
    return link_for(reconnect=reconnect, client=get_client(), now=now, by=None)


def test_first_to_ask_makes_the_link(ev_energy_api: EvEnergyApi) -> None:
    reconnect = make_reconnect()
    ev_energy_api.add_reconnect_link(reconnect.vehicle_id, address=LINK, expires_at="2026-03-14T10:30:00Z")

    assert ask(reconnect) == LINK

    reconnect.refresh_from_db()
    assert (reconnect.state, reconnect.url) == (State.LINK_READY, LINK)
    assert reconnect.expires_at == NOW + timedelta(hours=1)
    assert reconnect.lease_until is None


@pytest.mark.parametrize("state", sorted(OPEN_STATES - {State.QUEUED}))
def test_link_made_later_leaves_the_state_as_it_is(ev_energy_api: EvEnergyApi, state: State) -> None:
    reconnect = make_reconnect(state, url="")
    ev_energy_api.add_reconnect_link(reconnect.vehicle_id, address=LINK, expiry="2026-03-14T10:30:00Z")

    assert ask(reconnect) == LINK

    reconnect.refresh_from_db()
    assert (reconnect.state, reconnect.url) == (state, LINK)


@pytest.mark.parametrize("stated", ["2026-03-14T10:30:00Z", None], ids=["stated end", "no stated end"])
@pytest.mark.parametrize(
    ("seconds", "is_shared"), [(0, True), (2, True), (9, True), (10, False), (60, False), (3000, False)]
)
def test_clicks_within_ten_seconds_share_a_link_and_later_ones_get_their_own(
    ev_energy_api: EvEnergyApi, stated: str | None, seconds: int, *, is_shared: bool
) -> None:
    reconnect = make_reconnect()
    expiry = {"expires_at": stated} if stated else {}
    for address in (LINK, OTHER_LINK):
        ev_energy_api.add_reconnect_link(reconnect.vehicle_id, address=address, **expiry)

    first, second = ask(reconnect), ask(reconnect, now=NOW + timedelta(seconds=seconds))

    assert (first, second) == (LINK, LINK if is_shared else OTHER_LINK)


@pytest.mark.parametrize("left", [timedelta(0), timedelta(hours=-1)])
def test_link_that_ended_at_once_is_replaced(ev_energy_api: EvEnergyApi, left: timedelta) -> None:
    reconnect = make_reconnect(State.LINK_READY, expires_at=NOW + left)
    ev_energy_api.add_reconnect_link(
        reconnect.vehicle_id, address=OTHER_LINK, expires_at="2026-03-14T10:30:00Z"
    )

    assert ask(reconnect) == OTHER_LINK


def test_who_comes_second_gets_the_link_of_the_first(ev_energy_api: EvEnergyApi) -> None:
    reconnect = make_reconnect()
    first = Reconnect.objects.get(pk=reconnect.pk)
    ev_energy_api.add_reconnect_link(reconnect.vehicle_id, address=LINK, expires_at="2026-03-14T10:30:00Z")
    ask(first)

    assert ask(reconnect) == LINK
    assert len(ev_energy_api.requests) == 1


def test_who_comes_while_it_is_made_waits_and_asks_nobody(
    ev_energy_api: EvEnergyApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(make_link, "PATIENCE_SECONDS", 0.15)
    reconnect = make_reconnect(lease_until=NOW + timedelta(seconds=20))

    with pytest.raises(Busy):
        ask(reconnect)

    assert not ev_energy_api.requests


def test_lease_of_a_killed_process_runs_out(ev_energy_api: EvEnergyApi) -> None:
    reconnect = make_reconnect(lease_until=NOW - timedelta(seconds=1))
    ev_energy_api.add_reconnect_link(reconnect.vehicle_id, address=LINK)

    assert ask(reconnect) == LINK


def answer_with(callback: Callable[..., Any], api: EvEnergyApi, reconnect: Reconnect) -> None:
    address = f"https://api.ev.energy/v2/vehicles/{reconnect.vehicle_id}/reconnect"
    api.mock.add_callback(responses.POST, address, callback, content_type="application/json")


def test_link_that_comes_after_the_lease_was_taken_over_is_thrown_away(ev_energy_api: EvEnergyApi) -> None:
    reconnect = make_reconnect()

    def answer_late(request: Any) -> tuple[int, dict[str, str], str]:
        Reconnect.objects.update(lease_until=NOW + 2 * RECONNECT_LEASE)
        return 201, {}, f'{{"url": "{LINK}", "expires_at": "2026-03-14T10:30:00Z"}}'

    answer_with(answer_late, ev_energy_api, reconnect)
    with pytest.raises(WrongState):
        ask(reconnect)

    reconnect.refresh_from_db()
    assert (reconnect.state, reconnect.url) == (State.QUEUED, "")


def test_link_for_what_was_cancelled_meanwhile_is_thrown_away(ev_energy_api: EvEnergyApi) -> None:
    reconnect = make_reconnect()

    def answer_late(request: Any) -> tuple[int, dict[str, str], str]:
        Reconnect.objects.get().move(State.CANCELLED, now=NOW)
        return 201, {}, f'{{"url": "{LINK}", "expires_at": "2026-03-14T10:30:00Z"}}'

    answer_with(answer_late, ev_energy_api, reconnect)
    with pytest.raises(WrongState):
        ask(reconnect)

    reconnect.refresh_from_db()
    assert (reconnect.state, reconnect.url) == (State.CANCELLED, "")


def test_ended_reconnect_gives_no_link(ev_energy_api: EvEnergyApi) -> None:
    with pytest.raises(WrongState):
        ask(make_reconnect(State.EXPIRED))

    assert not ev_energy_api.requests


@pytest.mark.parametrize("address", FOREIGN)
def test_foreign_link_is_refused(address: str) -> None:
    with pytest.raises(ForeignLink) as refusal:
        refuse_foreign(address)

    assert not address or address not in str(refusal.value)


@pytest.mark.parametrize(
    "address",
    [
        LINK,
        "https://ev.energy/start/1?a=b&c=d#e",
        "https://APP.EV.ENERGY/start/1",
        "https://app.ev.energy:443/start/1",
        "https://a.b.ev.energy/start/1",
    ],
)
def test_link_of_ev_energy_is_accepted(address: str) -> None:
    refuse_foreign(address)


def test_link_of_the_configured_api_is_accepted_by_its_exact_origin(settings: Any) -> None:
    settings.EV_ENERGY_API_URL = "http://127.0.0.1:8765/v2"

    refuse_foreign("http://127.0.0.1:8765/reconnect/1")
    for foreign in ("http://127.0.0.1:8766/", "http://127.0.0.1/", "http://127.0.0.1:8765@evil.example/"):
        with pytest.raises(ForeignLink):
            refuse_foreign(foreign)


def test_foreign_link_is_not_stored(ev_energy_api: EvEnergyApi) -> None:
    reconnect = make_reconnect(origin=Origin.OWNER)
    ev_energy_api.add_reconnect_link(reconnect.vehicle_id, address="https://ev.energy.evil.example/start")

    with pytest.raises(ForeignLink):
        ask(reconnect)

    reconnect.refresh_from_db()
    assert (reconnect.state, reconnect.failure, reconnect.url) == (State.FAILED, Failure.FOREIGN_LINK, "")
    assert "evil" not in reconnect.failure_detail


@pytest.mark.parametrize(
    "answer",
    [
        {"body": '{"url": "https://app.ev.en'},
        {"json": {"expires_at": "2026-03-14T10:30:00Z"}},
        {"json": {"url": None}},
        {"json": {"url": 7}},
        {"json": {"url": "javascript:alert(1)"}},
        {"json": [LINK]},
        {"body": ""},
    ],
)
def test_broken_or_half_answer_leads_nowhere(ev_energy_api: EvEnergyApi, answer: dict[str, Any]) -> None:
    reconnect = make_reconnect(origin=Origin.OWNER)
    ev_energy_api.add(
        "POST", f"/vehicles/{reconnect.vehicle_id}/reconnect", status=201, breaks_contract=True, **answer
    )

    with pytest.raises(BadResponse):
        ask(reconnect)

    reconnect.refresh_from_db()
    assert (reconnect.state, reconnect.failure) == (State.FAILED, Failure.BROKEN_ANSWER)


def test_owners_own_click_fails_with_ev_energys_reason(ev_energy_api: EvEnergyApi) -> None:
    reconnect = make_reconnect(origin=Origin.OWNER)
    ev_energy_api.add_problem(
        "POST", f"/vehicles/{reconnect.vehicle_id}/reconnect", 404, title="Not found", detail="Gone for good"
    )

    with pytest.raises(NotFound):
        ask(reconnect)

    reconnect.refresh_from_db()
    assert (reconnect.state, reconnect.failure) == (State.FAILED, Failure.NOT_FOUND)
    assert reconnect.failure_detail == "Not found: Gone for good"


def test_what_staff_asked_for_survives_a_failed_click(ev_energy_api: EvEnergyApi) -> None:
    reconnect = make_reconnect(State.EMAILED)
    ev_energy_api.add_failure("POST", f"/vehicles/{reconnect.vehicle_id}/reconnect", NoConnection())

    with pytest.raises(Unavailable):
        ask(reconnect)

    reconnect.refresh_from_db()
    assert (reconnect.state, reconnect.failure) == (State.EMAILED, Failure.UNAVAILABLE)
    assert reconnect.lease_until is None


def test_limited_click_leaves_no_lease_behind(ev_energy_api: EvEnergyApi) -> None:
    reconnect = make_reconnect(State.OPENED)
    ev_energy_api.add_problem(
        "POST", f"/vehicles/{reconnect.vehicle_id}/reconnect", 429, headers={"Retry-After": "90"}
    )

    with pytest.raises(RateLimited):
        ask(reconnect)

    reconnect.refresh_from_db()
    assert (reconnect.state, reconnect.lease_until) == (State.OPENED, None)
