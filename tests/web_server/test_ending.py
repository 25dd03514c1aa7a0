"""SIGTERM to all of gunicorn's processes at once, while the router has not been told yet."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.rehearsal.load import Route, load, wait_until_answered
from tests.rehearsal.processes import wait_until
from tests.web_server.gunicorn import GRACEFUL_TIMEOUT_SECONDS, Gunicorn, gunicorn
from tests.web_server.visitor import Visitor

ROUTER_NEEDS_SECONDS = 0.4


@pytest.fixture
def server() -> Iterator[Gunicorn]:
    with gunicorn(options="--workers 2") as running:
        # One that is still starting when all are told to end has not heard it.
        wait_until(lambda: len(_workers_that_answer(running)) == 2, what="both workers answer")
        yield running


def _workers_that_answer(server: Gunicorn) -> set[str]:
    with ThreadPoolExecutor(8) as visitors:
        return set(
            visitors.map(lambda _each: requests.get(f"{server.origin}/process", timeout=15).text, range(16))
        )


@pytest.fixture
def other() -> Iterator[Gunicorn]:
    with gunicorn(options="--workers 2") as running:
        yield running


def test_visitors_the_router_still_sends_after_sigterm_are_answered(
    server: Gunicorn, other: Gunicorn
) -> None:
    route = Route(server.origin)

    with load(route, paths=["/0.02", "/"], visitors=4) as noted:
        wait_until_answered(noted, server.origin, count=20)
        before = noted.answered(server.origin)
        server.tell_all_to_end()
        time.sleep(ROUTER_NEEDS_SECONDS)
        route.origin = other.origin
        status = server.process.wait(timeout=GRACEFUL_TIMEOUT_SECONDS)
        wait_until_answered(noted, other.origin, count=20)

    assert noted.errors == []
    assert noted.statuses == {200}
    assert noted.answered(server.origin) > before + 10
    assert status == 0


def test_an_answer_under_way_is_finished_and_nobody_is_accepted_for_long(server: Gunicorn) -> None:
    with requests.get(f"{server.origin}/2", stream=True, timeout=10) as under_way:
        server.tell_all_to_end()
        wait_until(lambda: is_refused(server.origin), what="the door is closed", seconds=1.5)

        assert under_way.text == "ok\n"
    assert server.process.wait(timeout=GRACEFUL_TIMEOUT_SECONDS) == 0


def test_visitors_who_are_slow_on_purpose_do_not_keep_it() -> None:
    with gunicorn(options="--graceful-timeout 3") as server, Visitor(server.port) as visitor:
        visitor.say(b"GET / HTTP/1.1\r\n")
        assert requests.get(server.origin, timeout=5).ok
        server.tell_all_to_end()

        assert server.process.wait(timeout=GRACEFUL_TIMEOUT_SECONDS) == 0


def test_process_that_has_served_its_share_is_replaced_and_nobody_notices() -> None:
    with gunicorn(options="--max-requests 5") as server:
        answers = [requests.get(f"{server.origin}/process", timeout=15) for _ in range(12)]

    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) > 1


def is_refused(origin: str) -> bool:
    try:
        requests.get(origin, timeout=5)
    except requests.ConnectionError:
        return True
    return False
