"""A portal as an operator has it: a release, a database, mail, ev.energy's stand-in, and the Procfile's processes."""

import re
import secrets
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import requests
from psycopg import sql

from tests.browser.conftest import Sandbox
from tests.rehearsal.mailbox import Mailbox
from tests.rehearsal.processes import HONCHO, PortalProcess, free_port, manage, run

# As in production. Browsers visit http on this machine instead, which needs no certificate: every other setting
# is the same, but with http `check --deploy` is right to complain.
HTTPS_HOST = "cars.brightfield.example"
HTTPS = {"PORTAL_URL": f"https://{HTTPS_HOST}"}
STAFF_EMAIL = "boss@brightfield.example"
STAFF_PASSWORD = "rehearsal-of-the-boss"


@dataclass(kw_only=True)
class Deployment:
    """`settings` is the whole environment of its processes."""

    release: Path
    logs: Path
    settings: Mapping[str, str]
    sandbox: Sandbox
    mailbox: Mailbox
    running: list[PortalProcess] = field(default_factory=list)

    @property
    def url(self) -> str:
        return self.settings["PORTAL_URL"]

    def make_release(self, **settings: str) -> str:
        """What a platform does before the first process starts: collect the static files, run the release line."""
        settings = {**self.settings, **settings}
        collected = manage("collectstatic", "--noinput", release=self.release, settings=settings)
        return collected + run([*HONCHO, "start", "release"], release=self.release, settings=settings)

    def start(self, name: str, *, port: int = 0, **settings: str) -> PortalProcess:
        """Starts one more process of the Procfile's line `name`. Ended with the deployment, if not before."""
        process = PortalProcess(
            name,
            release=self.release,
            settings={**self.settings, **settings},
            port=port or free_port(),
            log=self.logs / f"{len(self.running)}-{name}.log",
        )
        self.running.append(process)
        return process

    def start_web(self, *, port: int = 0, **settings: str) -> PortalProcess:
        web = self.start("web", port=port, **settings)
        web.wait_until_ready()
        return web

    def manage(self, *arguments: str, **settings: str) -> str:
        """A command of an operator in the platform's shell."""
        return manage(*arguments, release=self.release, settings={**self.settings, **settings})

    def add_cars(self, *, email: str, count: int, state: str = "INACTIVE") -> list[str]:
        """At ev.energy: cars of this owner in this state since yesterday; then the portal reads them."""
        body = {"email": email, "count": count, "state": state, "hours": 24}
        answer = requests.post(f"{self.sandbox.origin}/_sandbox/vehicles", json=body, timeout=10)
        answer.raise_for_status()
        self.manage("sync_vehicles")
        vehicle_ids: list[str] = answer.json()["vehicle_ids"]
        return vehicle_ids

    def break_connection(self, vehicle_id: str) -> None:
        """The manufacturer's sign-in lapsed yesterday; then the portal reads it."""
        address = f"{self.sandbox.origin}/_sandbox/vehicles/{vehicle_id}"
        requests.patch(address, json={"state": "INACTIVE", "hours": 24}, timeout=5).raise_for_status()
        self.manage("sync_vehicles")

    def links_made(self) -> Counter[str]:
        """How many reconnect links ev.energy has made for each vehicle."""
        answer = requests.get(f"{self.sandbox.origin}/_sandbox/statistics", timeout=5)
        return Counter(answer.json()["reconnect_links"])

    def end(self) -> None:
        for process in reversed(self.running):
            process.end()


def settings_for(*, port: int, database_url: str, mailbox: Mailbox, sandbox: Sandbox) -> dict[str, str]:
    """The least an operator sets, with a new SECRET_KEY."""
    return {
        "SECRET_KEY": secrets.token_urlsafe(50),
        "PORTAL_URL": f"http://127.0.0.1:{port}",
        "DATABASE_URL": database_url,
        "MAIL_HOURS": "0-24",
        "MAILS_PER_MINUTE_TO_A_DOMAIN": "300",
        "EMAIL_URL": f"smtp://127.0.0.1:{mailbox.port}",
        "DEFAULT_FROM_EMAIL": "Brightfield Energy <cars@brightfield.example>",
        "EV_ENERGY_API_URL": sandbox.api_url,
        "EV_ENERGY_TOKEN_URL": sandbox.token_url,
        "EV_ENERGY_CLIENT_ID": "sandbox-client",
        "EV_ENERGY_CLIENT_SECRET": "sandbox-secret",
    }


def complaints(lines: str) -> list[str]:
    """Lines that tell of a failure nobody rehearsed."""
    return [line for line in lines.splitlines() if re.search(r'"level": "(ERROR|CRITICAL)"|Traceback', line)]


@contextmanager
def new_database(server: str) -> Iterator[str]:
    """A DATABASE_URL of a new database on the PostgreSQL server; it is dropped at the end."""
    name = f"portal_rehearsal_{secrets.token_hex(4)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield urlsplit(server)._replace(path=f"/{name}").geturl()
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
