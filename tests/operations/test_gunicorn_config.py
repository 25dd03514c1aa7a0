"""SIGTERM to all of gunicorn's processes at once, while the router has not been told yet."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest
import requests
from django.conf import settings

from tests.rehearsal.load import Route, load, wait_until_answered
from tests.rehearsal.processes import free_port, wait_until

ROUTER_NEEDS_SECONDS = 0.4
GRACEFUL_TIMEOUT_SECONDS = 9


class Gunicorn:
    def __init__(self) -> None:
        self.origin = f"http://127.0.0.1:{free_port()}"
        options = f"--workers 2 --threads 4 --graceful-timeout {GRACEFUL_TIMEOUT_SECONDS} --no-control-socket"
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "gunicorn", "tests.operations.slow_application"),
                *("--config", "python:onboarding_portal.gunicorn_config"),
                *("--bind", self.origin.removeprefix("http://"), "--log-level", "error", *options.split()),
            ],
            cwd=settings.BASE_DIR,
            start_new_session=True,
        )
        wait_until(self._answers, what="gunicorn answers")

    def _answers(self) -> bool:
        try:
            return requests.get(self.origin, timeout=5).ok
        except requests.ConnectionError:
            return False

    def tell_all_to_end(self) -> None:
        os.killpg(self.process.pid, signal.SIGTERM)

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=10)


@pytest.fixture
def gunicorn() -> Iterator[Gunicorn]:
    server = Gunicorn()
    yield server
    server.kill()


@pytest.fixture
def other() -> Iterator[Gunicorn]:
    server = Gunicorn()
    yield server
    server.kill()


def test_visitors_the_router_still_sends_after_sigterm_are_answered(
    gunicorn: Gunicorn, other: Gunicorn
) -> None:
    route = Route(gunicorn.origin)

    with load(route, paths=["/0.02", "/"], visitors=4) as noted:
        wait_until_answered(noted, gunicorn.origin, count=20)
        before = noted.answered(gunicorn.origin)
        gunicorn.tell_all_to_end()
        time.sleep(ROUTER_NEEDS_SECONDS)
        route.origin = other.origin
        status = gunicorn.process.wait(timeout=GRACEFUL_TIMEOUT_SECONDS)
        wait_until_answered(noted, other.origin, count=20)

    assert noted.errors == []
    assert noted.statuses == {200}
    assert noted.answered(gunicorn.origin) > before + 10
    assert status == 0


def test_an_answer_under_way_is_finished_and_nobody_is_accepted_for_long(gunicorn: Gunicorn) -> None:
    with requests.get(f"{gunicorn.origin}/2", stream=True, timeout=10) as under_way:
        gunicorn.tell_all_to_end()
        wait_until(lambda: is_refused(gunicorn.origin), what="the door is closed", seconds=1.5)

        assert under_way.text == "ok\n"
    assert gunicorn.process.wait(timeout=GRACEFUL_TIMEOUT_SECONDS) == 0


def is_refused(origin: str) -> bool:
    try:
        requests.get(origin, timeout=5)
    except requests.ConnectionError:
        return True
    return False
