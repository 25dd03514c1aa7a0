"""The disk under an SQLite database, and under the log."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import OperationalError, connection
from pytest_django import Settings

from onboarding_portal.accounts.models import User
from onboarding_portal.unreachable import is_unreachable
from tests.factories import make_owner, make_vehicle
from tests.faults.conftest import CELLS, check_page, visitor, within_ten_seconds
from tests.rehearsal.processes import wait_until

TOKEN = "a-token-for-metrics-in-tests"
ROOT = Path(__file__).resolve().parents[2]
on_sqlite = pytest.mark.skipif(
    "sqlite" not in django_settings.DATABASES["default"]["ENGINE"], reason="SQLite's own"
)
SAYS = {
    "down": "everybody: 503; heals: with the next page",
    "refused": "read-only: pages are read, forms get 503; nothing is half written",
    "slow": "another holds the lock: forms wait 6 s at most, then 503",
    "hangs": "as slow",
    "wrong answer": "full: pages are read, forms get 503; nothing is half written",
    "back again": "the next form works",
}


def pragma(words: str) -> int:
    with connection.cursor() as cursor:
        found = cursor.execute(f"PRAGMA {words}").fetchone()
        return int(found[0]) if found else 0


@contextmanager
def file_away() -> Iterator[None]:
    name = connection.settings_dict["NAME"]
    connection.close()
    connection.settings_dict["NAME"] = "/nowhere/portal.sqlite3"
    try:
        yield
    finally:
        connection.close()
        connection.settings_dict["NAME"] = name


@contextmanager
def read_only() -> Iterator[None]:
    pragma("query_only = ON")
    try:
        yield
    finally:
        pragma("query_only = OFF")


@contextmanager
def full() -> Iterator[None]:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE filler (data BLOB)")
    pragma(f"max_page_count = {pragma('page_count')}")
    try:
        with pytest.raises(OperationalError, match="full"):
            fill_up()  # what is free inside of the file as well
        yield
    finally:
        pragma("max_page_count = 1073741823")
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE filler")


def fill_up() -> None:
    with connection.cursor() as cursor:
        for size in (2_000, 200, 20, 1):
            with suppress(OperationalError):
                for _ in range(10_000):
                    cursor.execute("INSERT INTO filler VALUES (zeroblob(%s))", [size])
        cursor.execute("INSERT INTO filler VALUES (zeroblob(2000))")


@contextmanager
def locked() -> Iterator[None]:
    pragma("busy_timeout = 200")  # in production six seconds
    other = sqlite3.connect(str(connection.settings_dict["NAME"]))
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.rollback()
        other.close()


def check_full_is_told() -> None:
    with pytest.raises(OperationalError) as caught:
        User.objects.bulk_create(User(email=f"full{number}@example.com") for number in range(1_000))
    assert is_unreachable(caught.value)
    response = visitor().post("/accounts/login/", {"email": "anna@example.com"})
    # What has its place is stored. A limit that cannot be counted in the cache's table is not taken for reached.
    assert response.status_code in {302, 503}
    check_watchers_are_answered()


def check_watchers_are_answered() -> None:
    assert visitor().get("/healthz").status_code == 200
    metrics = visitor().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert metrics.status_code == 200
    assert b"portal_readable" in metrics.content


BREAK: dict[str, Callable[[], Any]] = {
    "down": file_away,
    "refused": read_only,
    "slow": locked,
    "hangs": locked,
    "wrong answer": full,
}


@on_sqlite
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", CELLS)
def test_a_disk_that_takes_nothing_asks_people_to_wait(
    kind: str, cell: Callable[[str, str, str], None], settings: Settings
) -> None:
    cell("disk (SQLite)", kind, SAYS[kind])
    settings.METRICS_TOKEN = TOKEN
    car = make_vehicle(owner=make_owner())
    owner = visitor()
    owner.force_login(car.owner, backend="django.contrib.auth.backends.ModelBackend")
    for each in BREAK if kind == "back again" else [kind]:
        with BREAK[each](), within_ten_seconds():
            if each == "wrong answer":  # a few letters have their place in what is there
                check_full_is_told()
                continue
            response = owner.post(f"/vehicles/{car.pk}/name/", {"nickname": "Rosinante"})
            check_page(response, status=503, says="We can’t reach our records right now")
            assert owner.get("/vehicles/").status_code == (503 if each == "down" else 200)
            if each == "refused":
                response = visitor().post("/accounts/login/", {"email": "anna@example.com"})
                check_page(response, status=503, says="We can’t reach our records right now")
            if each != "slow":  # a scrape waits for the lock as a form does
                check_watchers_are_answered()
        car.refresh_from_db()
        assert car.nickname == ""
    assert owner.post(f"/vehicles/{car.pk}/name/", {"nickname": "Rosinante"}).status_code == 302


@pytest.mark.parametrize("command", ["clock", "db_worker"])
def test_a_process_whose_log_nobody_takes_any_more_goes_on(
    command: str, tmp_path: Path, table_cell: Callable[..., None]
) -> None:
    table_cell("Faults", row="disk (log)", column="refused", says="lines are lost, the work goes on")
    file = tmp_path / "portal.sqlite3"
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DATABASE_URL": f"sqlite:///{file}",
        "DEFAULT_FROM_EMAIL": "cars@brightfield.example",
    }
    with Path("/dev/full").open("wb") as full_disk:
        process = subprocess.Popen(
            [sys.executable, "-u", "manage.py", command],
            cwd=ROOT,
            env=environment,
            stdout=full_disk,
            stderr=full_disk,
        )
    try:
        wait_until(file.exists, what="it asks the database", seconds=90)
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=180) in {0, -signal.SIGTERM}  # told ahead of its own way to end, too
    finally:
        process.kill()
