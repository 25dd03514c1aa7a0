"""The portal's processes, as a deployment has them, for as long as a benchmark needs them."""

import json
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent
PYTHON = sys.executable
MANAGE = [PYTHON, "manage.py"]
PORTAL = "tests.benchmarks.portal_settings"
_STATIC = tempfile.TemporaryDirectory(prefix="portal-benchmark-static-")  # removed with this process
ENVIRONMENT = {
    "DJANGO_SETTINGS_MODULE": PORTAL,
    "SECRET_KEY": "benchmark-" + "k3y" * 20,
    "PORTAL_URL": "http://127.0.0.1",
    "ALLOWED_HOSTS": "127.0.0.1",
    "EV_ENERGY_API_URL": "https://api.ev.energy/v2",
    "EV_ENERGY_TOKEN_URL": "https://api.ev.energy/o/token/",
    "EV_ENERGY_CLIENT_ID": "sandbox-client",
    "EV_ENERGY_CLIENT_SECRET": "sandbox-secret",
    "EMAIL_URL": "dummymail://",
    "MAIL_HOURS": "0-24",
    "LOG_FORMAT": "json",
    "STATIC_ROOT": _STATIC.name,
}
END_SECONDS = 20.0
Environment = dict[str, str]


def environment(database_url: str, **more: str) -> Environment:
    return {**os.environ, **ENVIRONMENT, "DATABASE_URL": database_url, **more}


def with_sandbox(portal: Environment, origin: str) -> Environment:
    """The environment of a portal that calls this sandbox, and is quiet about it."""
    urls = {"EV_ENERGY_API_URL": f"{origin}/v2", "EV_ENERGY_TOKEN_URL": f"{origin}/o/token/"}
    return {**portal, **urls, "LOG_LEVEL": "WARNING"}


def manage(portal: Environment, *words: str) -> str:
    """Runs a command of manage.py to its end and returns what it printed."""
    done = subprocess.run(
        [*MANAGE, *words], cwd=ROOT, env=portal, check=True, stdout=subprocess.PIPE, text=True
    )
    return done.stdout


def migrate(portal: Environment) -> None:
    for words in (["migrate", "-v", "0"], ["createcachetable"], ["collectstatic", "--noinput", "-v", "0"]):
        manage(portal, *words)


def inside(portal: Environment, function: str, **arguments: Any) -> Any:
    """Calls `module.function` of this package in a process with Django on that database; JSON in, JSON out."""
    command = [PYTHON, "-m", "tests.benchmarks.inside", function, json.dumps(arguments)]
    done = subprocess.run(command, cwd=ROOT, env=portal, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout.splitlines()[-1])


@contextmanager
def process(
    portal: Environment, command: Sequence[str], *, log: Any = subprocess.DEVNULL
) -> Iterator[subprocess.Popen[bytes]]:
    running = subprocess.Popen(command, cwd=ROOT, env=portal, stdout=log)
    try:
        yield running
    finally:
        running.terminate()
        try:
            running.wait(timeout=END_SECONDS)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()


@contextmanager
def gunicorn(
    portal: Environment, *, application: str = "onboarding_portal.wsgi", keep_alive: int = 30
) -> Iterator[int]:
    """Serves with one worker of four threads, as in the Procfile, and yields the port."""
    with gunicorn_process(portal, application=application, keep_alive=keep_alive) as (port, _):
        yield port


@contextmanager
def gunicorn_process(
    portal: Environment, *, application: str = "onboarding_portal.wsgi", keep_alive: int = 30
) -> Iterator[tuple[int, int]]:
    """Likewise; yields the port and the id of gunicorn's first process."""
    port = free_port()
    options = ["--bind", f"127.0.0.1:{port}", "--threads", "4", "--keep-alive", str(keep_alive)]
    options += ["--config", "python:onboarding_portal.gunicorn_config", "--no-control-socket"]
    options += ["--log-level", "error"]
    with process(portal, [PYTHON, "-m", "gunicorn", application, *options]) as running:
        wait_until_listening(port, running)
        yield port, running.pid


@contextmanager
def sandbox(*options: str) -> Iterator[str]:
    """A sandbox in a process of its own; yields its origin."""
    with tempfile.TemporaryFile() as log:
        command = [PYTHON, "-m", "onboarding_portal.sandbox", "--port", "0", *options]
        with process(dict(os.environ), command, log=log) as running:
            yield _announced(log.fileno(), running)


@contextmanager
def fleet(*, vehicles: int) -> Iterator[str]:
    """A made-up fleet in a process of its own; yields its origin."""
    with tempfile.TemporaryFile() as log:
        command = [PYTHON, "-m", "tests.benchmarks.fleet_server", str(vehicles)]
        with process(dict(os.environ), command, log=log) as running:
            yield _announced(log.fileno(), running)


def _announced(log: int, running: subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline and running.poll() is None:
        if found := re.search(rb"http://[\d.]+:\d+", os.pread(log, 4096, 0)):
            return found.group().decode()
        time.sleep(0.1)
    raise AssertionError("The sandbox did not start.")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_until_listening(port: int, running: subprocess.Popen[bytes], *, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline or running.poll() is not None:
                raise
            time.sleep(0.1)
        else:
            return
