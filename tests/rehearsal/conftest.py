"""The Procfile's processes for real, on PostgreSQL: a rehearsal of production, left out of the ordinary test run."""

import logging
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.conftest import Sandbox, Visitor, chromium, running_sandbox
from tests.rehearsal.deployment import (
    HTTPS,
    STAFF_EMAIL,
    STAFF_PASSWORD,
    Deployment,
    complaints,
    new_database,
    settings_for,
)
from tests.rehearsal.mailbox import Mailbox, mail_server
from tests.rehearsal.pgbouncer import pgbouncer
from tests.rehearsal.processes import free_port, unpack_release

__all__ = ["chromium"]

NO_POSTGRES = "The rehearsal needs a PostgreSQL server: set DATABASE_URL=postgres://user@host:port/name"


@pytest.fixture(scope="session")
def database_url() -> Iterator[str]:
    server = os.environ.get("DATABASE_URL", "")
    if not server.startswith("postgres"):
        pytest.fail(NO_POSTGRES)
    with new_database(server) as url:
        yield url


@contextmanager
def way_to(database_url: str, config: pytest.Config) -> Iterator[str]:
    """The database's URL as the portal is to be told it, for this run."""
    if not config.getoption("--through-pgbouncer"):
        yield database_url
        return
    with pgbouncer(database_url) as url:
        yield url


@pytest.fixture(scope="session")
def portals_database_url(database_url: str, pytestconfig: pytest.Config) -> Iterator[str]:
    """What the portal is told."""
    with way_to(database_url, pytestconfig) as url:
        yield url


@pytest.fixture(scope="session")
def mailbox() -> Iterator[Mailbox]:
    # It logs each line of each conversation.
    logging.getLogger("mail.log").setLevel(logging.WARNING)
    with mail_server(port=free_port()) as mailbox:
        yield mailbox


@pytest.fixture(scope="session")
def portal_port() -> int:
    return free_port()


@pytest.fixture(scope="session")
def sandbox_process(portal_port: int) -> Iterator[Sandbox]:
    # Owners who reconnected a car come back here.
    with running_sandbox("--redirect-url", f"http://127.0.0.1:{portal_port}/return/") as sandbox:
        yield sandbox


@pytest.fixture(scope="session")
def deployment(
    tmp_path_factory: pytest.TempPathFactory,
    portals_database_url: str,
    mailbox: Mailbox,
    sandbox_process: Sandbox,
    portal_port: int,
) -> Iterator[Deployment]:
    """Web, worker and clock, with the catalogue read and one member of staff."""
    release = tmp_path_factory.mktemp("release")
    unpack_release(release)
    deployment = Deployment(
        release=release,
        logs=tmp_path_factory.mktemp("logs"),
        settings=settings_for(
            port=portal_port, database_url=portals_database_url, mailbox=mailbox, sandbox=sandbox_process
        ),
        sandbox=sandbox_process,
        mailbox=mailbox,
    )
    deployment.make_release(**HTTPS)
    staff = ["createsuperuser", "--noinput", "--email", STAFF_EMAIL]
    deployment.manage(*staff, DJANGO_SUPERUSER_PASSWORD=STAFF_PASSWORD)
    try:
        deployment.start_web(port=portal_port)
        deployment.start("worker")
        deployment.start("clock").wait_for_line(r"Catalogue sync: \d+ makes")
        yield deployment
    finally:
        deployment.end()
    assert not [line for process in deployment.running for line in complaints(process.lines)]


@pytest.fixture
def sandbox(sandbox_process: Sandbox) -> Iterator[Sandbox]:
    sandbox_process.behave_normally()
    yield sandbox_process
    sandbox_process.behave_normally()


@pytest.fixture
def browser_page(chromium: Browser, deployment: Deployment, sandbox: Sandbox) -> Iterator[Callable[[], Page]]:
    """Each call is another person's browser. An error on the console, a CSP report among them, fails the test."""
    visitors: list[Visitor] = []

    def open_page() -> Page:
        context = chromium.new_context(viewport={"width": 1280, "height": 800})
        context.set_default_timeout(15_000)
        visitors.append(Visitor(context, deployment.url))
        return visitors[-1].page

    yield open_page
    found = [complaint for visitor in visitors for complaint in visitor.complaints]
    for visitor in visitors:
        visitor.context.close()
    assert not found


@pytest.fixture
def email() -> str:
    return f"anna-{secrets.token_hex(4)}@example.com"
