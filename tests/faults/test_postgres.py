"""PostgreSQL, with a proxy before it, as web processes meet it. Worker and clock: tests/rehearsal/test_outages.py."""

from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest
from django.db import close_old_connections, connection
from django.test import Client

from onboarding_portal.accounts.models import User
from onboarding_portal.operations.database_waits import bound_waiting, one_page, wait_for_ever
from onboarding_portal.patience import CONNECT_SECONDS, PAGE_SECONDS
from tests.factories import make_owner, make_staff, make_vehicle
from tests.faults.conftest import CELLS, check_page, visitor, within_ten_seconds
from tests.faults.proxy import Proxy, proxy_before

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]

# "The server starts up", as PostgreSQL says it: an error of severity FATAL.
FIELDS = b"SFATAL\0VFATAL\0C57P03\0Mthe database system is starting up\0\0"
STARTS_UP = b"E" + (len(FIELDS) + 4).to_bytes(4, "big") + FIELDS
BREAK: dict[str, Callable[[Proxy], None]] = {
    "down": lambda proxy: proxy.go_down(),
    "refused": lambda proxy: proxy.refuse(STARTS_UP),
    "slow": lambda proxy: proxy.slow_down(seconds=0.6),
    "hangs": lambda proxy: proxy.hang(),
    "wrong answer": lambda proxy: proxy.refuse(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
}
SAYS = {
    "down": "all: 503 “can’t reach our records”, /readyz too; kept: what was answered; worker, clock wait 1 to 30 s",
    "refused": "as down: starting up, full, no places; a standby's connection is let go",
    "slow": f"{PAGE_SECONDS:.0f} s of waiting in all for a page, then as down; staff's acts: for each statement",
    "hangs": f"{CONNECT_SECONDS} s to connect, {PAGE_SECONDS:.0f} s for answers, then as down; a lock held, too",
    "wrong answer": "as down",
    "back again": "the next page; worker and clock within 38 s; a task that was cut off: by the sweep within 2 min",
}


@pytest.fixture
def database() -> Iterator[Proxy]:
    settings = connection.settings_dict
    before = {name: settings[name] for name in ("HOST", "PORT", "OPTIONS", "CONN_MAX_AGE")}
    bound_waiting(seconds=1.5)
    with proxy_before(int(settings["PORT"])) as proxy:
        connection.close()
        options = {**before["OPTIONS"], "connect_timeout": 2, "gssencmode": "disable", "sslmode": "disable"}
        settings.update(HOST="127.0.0.1", PORT=str(proxy.port), OPTIONS=options, CONN_MAX_AGE=300)
        yield proxy
        proxy.come_back()
        connection.close()
    wait_for_ever()
    settings.update(before)


def signed_in(user: User) -> Client:
    client = visitor()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def look(client: Client, path: str, **form: str) -> Any:
    """A request as in production, where its connection is looked at first. The test client leaves that out."""
    close_old_connections()
    with within_ten_seconds():
        answer = client.post(path, form) if form else client.get(path)
    close_old_connections()
    return answer


@pytest.mark.parametrize("kind", CELLS)
def test_everybody_is_asked_to_wait_and_served_when_it_is_back(
    kind: str, database: Proxy, monkeypatch: pytest.MonkeyPatch, cell: Callable[[str, str, str], None]
) -> None:
    cell("PostgreSQL", kind, SAYS[kind])
    monkeypatch.setattr(
        "onboarding_portal.operations.middleware.patience.one_page", lambda: one_page(seconds=1.5)
    )
    owner, boss = signed_in(make_owner()), signed_in(make_staff(is_superuser=True))
    for each in BREAK if kind == "back again" else [kind]:
        assert look(owner, "/vehicles/").status_code == 200  # a connection is there, and kept
        BREAK[each](database)
        check_page(look(owner, "/vehicles/"), status=503, says="We can’t reach our records right now")
        check_page(look(boss, "/admin/vehicles/vehicle/"), status=503, says="We can’t reach our records")
        ready, alive = look(visitor(), "/readyz"), look(visitor(), "/healthz")
        assert ready.status_code == 503 or each == "slow"
        assert alive.status_code == 200
        database.come_back()
    assert look(owner, "/vehicles/").status_code == 200
    assert look(boss, "/admin/vehicles/vehicle/").status_code == 200


def test_a_lock_that_somebody_holds_is_not_waited_for_for_ever(database: Proxy) -> None:
    owner = make_owner()
    page = signed_in(owner)
    with psycopg.connect(dsn()) as other:
        other.execute("LOCK TABLE accounts_user IN ACCESS EXCLUSIVE MODE")
        check_page(look(page, "/vehicles/"), status=503, says="We can’t reach our records right now")
        waiting = other.execute(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        ).fetchone()
        assert waiting == (0,)  # the server was told that nobody waits any more
        other.rollback()
    assert look(page, "/vehicles/").status_code == 200


def test_after_a_failover_the_connection_to_the_demoted_server_is_let_go(database: Proxy) -> None:
    owner = make_owner()
    page = signed_in(owner)
    car = make_vehicle(owner=owner)
    with connection.cursor() as cursor:  # this session leads to a server that may only be read
        cursor.execute("SET default_transaction_read_only = on")
    made = database.connections

    response = look(page, f"/vehicles/{car.pk}/name/", nickname="Rosinante")
    check_page(response, status=503, says="We can’t reach our records right now")

    assert look(page, f"/vehicles/{car.pk}/name/", nickname="Rosinante").status_code == 302
    assert database.connections > made


def test_a_session_the_server_ended_is_replaced_without_anybody_seeing_it(database: Proxy) -> None:
    page = signed_in(make_owner())
    assert look(page, "/vehicles/").status_code == 200

    database.break_connections()

    assert look(page, "/vehicles/").status_code == 200


def dsn() -> str:
    settings = connection.settings_dict
    return f"host=127.0.0.1 port={settings['PORT']} user={settings['USER']} dbname={settings['NAME']}"
