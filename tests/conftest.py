"""What every test may use."""

import atexit
import gc
import os
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from django.core.cache import cache
from django.db import connection

from onboarding_portal.ev_energy.budget import flush, forget_in_hand
from onboarding_portal.ev_energy.turns import TURNS, turns
from tests.ev_energy_api import EvEnergyApi, faked_ev_energy

pytest_plugins = [
    "tests.log_check",  # no secret in any log line
    "tests.open_connections",  # none is left behind
    "tests.printed_tables",  # what tables of cases held
]

# At the end of the tests there is no database of theirs any more.
atexit.unregister(flush)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--through-pgbouncer",
        action="store_true",
        help="the rehearsal's database behind PgBouncer, by transactions",
    )


@pytest.hookimpl(optionalhook=True)  # also where the tests run in one process
def pytest_xdist_auto_num_workers() -> int:
    """More than there are processors: browsers, servers and e-mails are waited for half of the time."""
    return (os.cpu_count() or 1) * 3 // 2


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("postgres") and connection.vendor != "postgresql":
        pytest.skip("Needs PostgreSQL behind DATABASE_URL.")


def pytest_collection_finish() -> None:
    """Modules and tests stay to the end: looking for garbage among them again and again takes a sixth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 50)


@pytest.fixture(autouse=True)
def _cache_ends_with_the_test(request: pytest.FixtureRequest) -> Iterator[None]:
    """No flush empties the cache's table, and tests without an enclosing transaction commit what they cache."""
    marker = request.node.get_closest_marker("django_db")
    commits = bool({"transactional_db", "live_server"} & set(request.fixturenames)) or (
        marker is not None and marker.kwargs.get("transaction", False)
    )
    if commits:
        request.getfixturevalue("transactional_db")
    yield
    if commits:
        cache.clear()


@pytest.fixture(autouse=True)
def _each_test_is_a_process_of_its_own() -> None:
    """What the last one had not written down of the request budget is not this one's."""
    forget_in_hand()


@pytest.fixture
def ev_energy_api() -> Iterator[EvEnergyApi]:
    """ev.energy, faked over HTTP; all requests and answers are checked against its contract at the end."""
    with faked_ev_energy() as api:
        yield api


@pytest.fixture
def no_turn_is_free(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Others wait for ev.energy already, as many as may."""
    monkeypatch.setattr("onboarding_portal.ev_energy.turns.WAIT_SECONDS", 0)
    with ExitStack() as others:
        for _ in range(TURNS):
            assert others.enter_context(turns.taken())
        yield
