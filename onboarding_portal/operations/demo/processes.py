"""The demo's processes: started one after another, ended together, also when the demo is killed outright."""

import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import requests
from django.conf import settings

START_SECONDS = 30.0
END_SECONDS = 10.0
# Waits until the demo is gone, or closes the pipe, and then ends its own group of processes.
GUARD = ["/bin/sh", "-c", "read _; kill 0"]


class DemoFailed(Exception):
    """A process of the demo did not start, or ended by itself. The message says which and where its log is."""


class Processes:
    """They share a group of their own with a guard, so that Ctrl-C reaches them only through us."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._guard = subprocess.Popen(GUARD, stdin=subprocess.PIPE, process_group=0)  # noqa: S603  fixed

    def start(self, name: str, command: Sequence[str], *, ready_url: str = "") -> None:
        """Starts a process and waits until `ready_url` answers. Raises DemoFailed if it does not."""
        with self._log(name).open("ab") as log:
            self._running[name] = subprocess.Popen(  # noqa: S603  fixed commands
                command,
                cwd=settings.BASE_DIR,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=self._guard.pid,
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
        """Ends all of them, and kills what does not end by itself."""
        self._guard.communicate()
        deadline = time.monotonic() + END_SECONDS
        for process in self._running.values():
            try:
                process.wait(timeout=max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _log(self, name: str) -> Path:
        return self._logs / f"{name}.log"


def _answers(url: str) -> bool:
    try:
        requests.get(url, timeout=2)
    except requests.RequestException:
        return False
    return True
