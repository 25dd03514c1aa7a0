"""`manage.py demo`: sandbox, web, worker and clock on this machine, with owners and cars to click through."""

import logging
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from io import StringIO
from pathlib import Path
from types import FrameType
from urllib.parse import urlsplit

import requests
from django.conf import settings
from django.core.management import call_command
from django.utils import timezone

from onboarding_portal.accounts.ev_energy_user import ensure_ev_energy_user
from onboarding_portal.accounts.models import User
from onboarding_portal.catalogue.sync import sync_catalogue
from onboarding_portal.ev_energy.client import get_client
from onboarding_portal.operations.demo_mail import Mailbox

OWNERS = ["anna@example.com", "ben@example.com"]
STAFF_EMAIL = "staff@example.com"
STAFF_PASSWORD = "brightfield-demo"  # noqa: S105  of a demo on this machine, printed on the terminal
START_SECONDS = 30.0
END_SECONDS = 10.0
MANAGE = [sys.executable, str(settings.BASE_DIR / "manage.py")]


class DemoFailed(Exception):
    """A process of the demo did not start, or ended by itself. The message says which and where its log is."""


class Processes:
    """The demo's processes. Each has a session of its own, so that Ctrl-C reaches them only through us."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, command: Sequence[str], *, ready_url: str = "") -> None:
        """Starts a process and waits until `ready_url` answers. Raises DemoFailed if it does not."""
        with self._log(name).open("ab") as log:
            self._running[name] = subprocess.Popen(  # noqa: S603  fixed commands
                command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True
            )
        deadline = time.monotonic() + START_SECONDS
        while ready_url and not _answers(ready_url):
            self.check()
            if time.monotonic() > deadline:
                raise DemoFailed(f"{name} did not start. Its log is in {self._log(name)}")
            time.sleep(0.1)

    def check(self) -> None:
        """Raises DemoFailed if one of them has ended."""
        for name, process in self._running.items():
            if process.poll() is not None:
                raise DemoFailed(f"{name} has ended. Its log is in {self._log(name)}")

    def end(self) -> None:
        """Ends all of them, the one started last first, and kills what does not end by itself."""
        for process in reversed(self._running.values()):
            process.terminate()
        deadline = time.monotonic() + END_SECONDS
        for process in reversed(self._running.values()):
            try:
                process.wait(timeout=max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _log(self, name: str) -> Path:
        return self._logs / f"{name}.log"


def run_demo(*, folder: Path, say: Callable[[str], object]) -> None:
    """Runs until Ctrl-C or SIGTERM, then ends every process it started. Raises DemoFailed.

    `folder` is the one the environment was prepared for: what the demo keeps lies there.
    """
    for name in ("mail", "logs"):
        (folder / name).mkdir(exist_ok=True)
    # The terminal is for what a person needs: addresses, codes, links. The rest is in the folder of logs.
    logging.getLogger().setLevel(logging.ERROR)
    # Python takes Ctrl-C for nothing where a script began the demo in its background.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _interrupt)
    processes = Processes(folder / "logs")
    try:
        _start(processes, folder=folder, say=say)
        mailbox = Mailbox(folder / "mail")
        while True:
            processes.check()
            for lines in mailbox.new_mails():
                say(f"\n{lines}")
            time.sleep(0.3)
    except KeyboardInterrupt:
        say("\nEnding the demo …")
    finally:
        processes.end()


def _start(processes: Processes, *, folder: Path, say: Callable[[str], object]) -> None:
    say("Preparing the database …")
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    sandbox = urlsplit(settings.EV_ENERGY_API_URL)
    sandbox_origin = f"{sandbox.scheme}://{sandbox.netloc}"
    seeds = [word for owner in OWNERS for word in ("--seed-owner", owner)]
    command = ["sandbox", "--port", str(sandbox.port), "--state", str(folder / "sandbox.json"), *seeds]
    command += ["--redirect-url", f"{settings.PORTAL_URL}/return/"]
    processes.start("sandbox", [*MANAGE, *command], ready_url=sandbox_origin)
    say("Fetching the catalogue and the demo's cars …")
    load_demo_data()
    web = urlsplit(settings.PORTAL_URL).netloc
    gunicorn = [sys.executable, "-m", "gunicorn", "onboarding_portal.wsgi", "--bind", web, "--threads", "4"]
    processes.start(
        "web", [*gunicorn, "--chdir", str(settings.BASE_DIR)], ready_url=f"{settings.PORTAL_URL}/healthz"
    )
    processes.start("worker", [*MANAGE, "db_worker", "--interval", "0.5"])
    processes.start("clock", [*MANAGE, "clock"])
    say(
        WELCOME.format(
            portal=settings.PORTAL_URL, sandbox=sandbox_origin, folder=folder, owners=" or ".join(OWNERS)
        )
    )


def load_demo_data() -> None:
    """Brings catalogue, staff, owners and their cars into the portal. What is there already stays as it is."""
    client = get_client()
    sync_catalogue(client=client, now=timezone.now())
    if not User.objects.with_email(STAFF_EMAIL).exists():
        User.objects.create_superuser(STAFF_EMAIL, STAFF_PASSWORD)
    for address in OWNERS:
        owner = User.objects.with_email(address).first() or User.objects.create_user(address)
        if not owner.ev_energy_user_id:
            ensure_ev_energy_user(user=owner, client=client)
    call_command("sync_vehicles", stdout=StringIO())


def _answers(url: str) -> bool:
    try:
        requests.get(url, timeout=2)
    except requests.RequestException:
        return False
    return True


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


WELCOME = """
The portal is up:        {portal}/
  As an owner:           sign in as {owners}, or with any other address
  Codes and mails:       shown here as they are sent (whole mails: {folder}/mail)
As staff:                {portal}/admin/
                         staff@example.com, password brightfield-demo
ev.energy's stand-in:    {sandbox}/

Logs are in {folder}/logs. Ctrl-C ends everything; the next start goes on where you left, --fresh starts anew."""
