"""The Procfile's processes while PostgreSQL is away: none ends, and each goes on by itself."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from tests.faults.proxy import Proxy, proxy_before
from tests.faults.test_postgres import STARTS_UP
from tests.rehearsal.deployment import Deployment
from tests.rehearsal.processes import PortalProcess, wait_until

pytestmark = pytest.mark.rehearsal

BREAK: dict[str, Callable[[Proxy], None]] = {
    "down": lambda proxy: proxy.go_down(),
    "refused": lambda proxy: proxy.refuse(STARTS_UP),
    "wrong answer": lambda proxy: proxy.refuse(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
}
# Tasks for some seconds: each worker that looks once a second finds one, whatever the others take.
ENQUEUE = """
from time import sleep
from onboarding_portal.vehicles.tasks import refresh_due_vehicles
for _ in range(25):
    refresh_due_vehicles.enqueue()
    sleep(0.1)
"""
WAITS, IS_BACK = r"next try in \d+ s", "The database is back"


@pytest.fixture
def shaky(deployment: Deployment, tmp_path: Path) -> Iterator[tuple[Deployment, Proxy]]:
    """More processes of the same deployment, whose way to the database breaks."""
    parts = urlsplit(deployment.settings["DATABASE_URL"])
    login = parts.netloc.rpartition("@")[0]
    with proxy_before(parts.port or 5432) as proxy:
        url = parts._replace(netloc=f"{login}@127.0.0.1:{proxy.port}").geturl()
        settings = {**deployment.settings, "DATABASE_URL": url}
        shaky = replace(deployment, logs=tmp_path, settings=settings, running=[])
        try:
            yield shaky, proxy
        finally:
            shaky.end()


@pytest.mark.parametrize("kind", BREAK)
def test_worker_clock_and_web_outlive_it(
    kind: str, deployment: Deployment, shaky: tuple[Deployment, Proxy], table_cell: Callable[..., None]
) -> None:
    for row in ("worker", "clock"):
        table_cell("Faults of processes", row=row, column=kind, says="waits 1 to 30 s, goes on by itself")
    portal, proxy = shaky
    web, worker, clock = portal.start_web(), portal.start("worker"), portal.start("clock")
    clock.wait_for_line("Clock: ")
    worker.wait_for_line("Starting worker")

    BREAK[kind](proxy)
    for process in (worker, clock):
        process.wait_for_line(WAITS)
    assert requests.get(f"{web.origin}/readyz", timeout=10).status_code == 503
    late = portal.start("worker")  # one that starts in the midst of it
    late.wait_for_line(WAITS)
    assert all(process.is_running for process in (web, worker, clock, late))
    proxy.come_back()

    clock.wait_for_line(IS_BACK)
    wait_until(lambda: both_work(deployment, worker, late), what="both workers take tasks again")
    wait_until(lambda: requests.get(f"{web.origin}/readyz", timeout=10).ok, what="/readyz")


def both_work(deployment: Deployment, *workers: PortalProcess) -> bool:
    """A worker says that the database is back when it has a task; the deployment's own worker takes some, too."""
    deployment.manage("shell", "-c", ENQUEUE)
    return all(IS_BACK in worker.lines for worker in workers)


def test_told_to_end_while_they_wait_they_end_at_once(shaky: tuple[Deployment, Proxy]) -> None:
    portal, proxy = shaky
    proxy.go_down()
    worker, clock = portal.start("worker"), portal.start("clock")
    for process in (worker, clock):
        process.wait_for_line(WAITS)
        process.tell_to_end()
        assert process.wait_for_end(seconds=5) == 0
