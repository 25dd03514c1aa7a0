"""gunicorn as the Procfile starts it, with the portal or an application of the tests."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import requests
from django.conf import settings

from tests.rehearsal.processes import free_port, wait_until

GRACEFUL_TIMEOUT_SECONDS = 9


class Gunicorn:
    def __init__(self, application: str, config: str, options: str, environment: dict[str, str]) -> None:
        self.port = free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        options = (
            f"--threads 4 --graceful-timeout {GRACEFUL_TIMEOUT_SECONDS} --no-control-socket "
            f"--log-level error {options}"
        )
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-m", "gunicorn", application, "--config", f"python:{config}"),
                *("--bind", self.origin.removeprefix("http://"), *options.split()),
            ],
            cwd=settings.BASE_DIR,
            env={**os.environ, **environment},
            start_new_session=True,
        )

    def answers(self) -> bool:
        try:
            return requests.get(f"{self.origin}/healthz", timeout=5).ok
        except requests.RequestException:  # also one that waits too long for the portal to be loaded
            return False

    def tell_all_to_end(self) -> None:
        os.killpg(self.process.pid, signal.SIGTERM)

    def kill(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=10)


@contextmanager
def gunicorn(
    application: str = "tests.web_server.application",
    *,
    config: str = "onboarding_portal.gunicorn_config",
    options: str = "",
    **environment: str,
) -> Iterator[Gunicorn]:
    server = Gunicorn(application, config, options, environment)
    try:
        wait_until(server.answers, what="gunicorn answers")
        yield server
    finally:
        server.kill()
