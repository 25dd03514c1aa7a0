"""`manage.py demo`: sandbox, web, worker and clock on this machine, with owners and cars to click through."""

import logging
import signal
import sys
import time
from collections.abc import Callable
from importlib.util import find_spec
from io import StringIO
from pathlib import Path
from types import FrameType
from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.core.management import call_command
from django.utils import timezone
from django.utils.translation import gettext as _

from onboarding_portal.accounts.ev_energy_user import ensure_ev_energy_user
from onboarding_portal.accounts.models import User
from onboarding_portal.api.events.endpoints import make_endpoint
from onboarding_portal.api.events.models import Endpoint
from onboarding_portal.api.models import ApiKey, Scope
from onboarding_portal.catalogue.sync import sync_catalogue
from onboarding_portal.ev_energy.client import get_client
from onboarding_portal.operations.demo.mailbox import Mailbox
from onboarding_portal.operations.demo.processes import DemoFailed, Processes
from onboarding_portal.reconnects.models import PolicyVersion
from onboarding_portal.reconnects.policy.switch import switch_on, write_rules

KEY_NAME = "The demo's key"
SITES = ["http://localhost:3000", "http://127.0.0.1:3000"]  # where a company's site may be tried out
OWNERS = ["anna@example.com", "ben@example.com"]
RECEIVER = "The demo’s receiver"
STAFF_EMAIL = "staff@example.com"
STAFF_PASSWORD = "brightfield-demo"  # noqa: S105  of a demo on this machine, printed on the terminal
MANAGE = [sys.executable, str(settings.BASE_DIR / "manage.py")]
GUNICORN = [
    *(sys.executable, "-m", "gunicorn", "onboarding_portal.wsgi"),
    *("--config", "python:onboarding_portal.gunicorn_config", "--threads", "4", "--no-control-socket"),
]


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
    if not find_spec("werkzeug"):
        raise DemoFailed("ev.energy's stand-in needs a library more: pip install -r requirements-demo.txt")
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
    portal, sandbox = settings.PORTAL_URL, urljoin(settings.EV_ENERGY_API_URL, "/").rstrip("/")
    say("Preparing the database …")
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)
    call_command("collectstatic", verbosity=0, interactive=False)
    processes.start("sandbox", _sandbox_command(folder), ready_url=sandbox)
    say("Fetching the catalogue and the demo's cars …")
    load_demo_data()
    gunicorn = [*GUNICORN, "--threads", "4", "--bind", urlsplit(portal).netloc]
    processes.start("web", gunicorn, ready_url=f"{portal}/healthz")
    (receiver,) = settings.LOCAL_ORIGINS
    processes.start("receiver", _receiver_command(folder, receiver), ready_url=receiver)
    processes.start("worker", [*MANAGE, "db_worker", "--interval", "0.5"])
    processes.start("clock", [*MANAGE, "clock"])
    say(
        WELCOME.format(
            portal=portal, sandbox=sandbox, folder=folder, owners=" or ".join(OWNERS), receiver=receiver
        )
    )
    say(FOR_SYSTEMS.format(key=kept_key(folder)))


def _sandbox_command(folder: Path) -> list[str]:
    port = str(urlsplit(settings.EV_ENERGY_API_URL).port)
    return [
        *(*MANAGE, "sandbox", "--port", port, "--state", str(folder / "sandbox.json")),
        *("--redirect-url", f"{settings.PORTAL_URL}/return/"),
        *("--seed-owner", *OWNERS),
        *("--webhook-url", f"{settings.PORTAL_URL}/hooks/ev-energy"),
        *("--webhook-secret", settings.EV_ENERGY_WEBHOOK_SECRETS[0]),
    ]


def _receiver_command(folder: Path, origin: str) -> list[str]:
    """The company's system that takes events; its endpoint is made once, its secret kept in the demo's folder."""
    secret = folder / "events-secret"
    endpoint = Endpoint.objects.filter(name=RECEIVER).first()
    if endpoint is None or not secret.exists():
        endpoint, made = make_endpoint(name=RECEIVER, url=f"{origin}/events")
        secret.touch(mode=0o600)
        secret.write_text(made)
    Endpoint.objects.filter(pk=endpoint.pk).update(url=f"{origin}/events")
    module = "onboarding_portal.operations.demo.receiver"
    return [sys.executable, "-m", module, str(urlsplit(origin).port), str(secret)]


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
    begin_policy()


def kept_key(folder: Path) -> str:
    """The demo's key of the API: the same at each start, in a file that nobody else may read."""
    path = folder / "api-key"
    secret = path.read_text() if path.exists() else ""
    key = ApiKey.objects.with_secret(secret)
    if key is not None and key.is_in_force(now=timezone.now()):
        return secret
    ApiKey.objects.filter(name=KEY_NAME).update(revoked_at=timezone.now())
    _key, secret = ApiKey.objects.make(
        name=KEY_NAME, scopes=Scope.values, origins=SITES, by=None, now=timezone.now()
    )
    path.touch(mode=0o600)
    path.write_text(secret)
    return secret


def begin_policy() -> None:
    """Owners of stale cars are mailed by themselves, at any hour and soon: a demo is short. Staff may change it."""
    if PolicyVersion.objects.exists():
        return
    rules = {"stale_for_hours": 0, "from_hour": 0, "until_hour": 24, "mails_ahead": True}
    now = timezone.now()
    write_rules(
        version=PolicyVersion(why=_("For the demo: soon, and at any hour"), **rules), by=None, now=now
    )
    switch_on(by=None, now=now)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


WELCOME = """
The portal is up:        {portal}/
  As an owner:           sign in as {owners}, or with any other address
  Codes and mails:       shown here as they are sent (whole mails: {folder}/mail)
As staff:                {portal}/admin/
                         staff@example.com, password brightfield-demo
ev.energy's stand-in:    {sandbox}/
Events, as received:     {receiver}/

Logs are in {folder}/logs. Ctrl-C ends everything; the next start goes on where you left, --fresh starts anew."""
FOR_SYSTEMS = """
A key for the API:       {key}
                         (docs/api.md: from nothing to the first owner in ten minutes)"""
