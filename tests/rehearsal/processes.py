"""The Procfile's processes, each started by honcho as a platform starts it: a folder, an environment, a port."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import requests

ROOT = Path(__file__).resolve().parent.parent.parent
RELEASED = ["Procfile", "manage.py", "onboarding_portal", "templates", "static"]
START_SECONDS = 30.0
PATIENCE_SECONDS = 30.0
HONCHO = [sys.executable, "-m", "honcho", "--no-colour", "--env", os.devnull]


def unpack_release(folder: Path) -> None:
    """Puts what is deployed into `folder`: no .env, no database, no static files from elsewhere get in."""
    for name in RELEASED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, folder / name)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def bare_environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Nothing of ours but `settings`, and what platforms set for Python: where programs are, nothing held back."""
    path = os.pathsep.join([str(Path(sys.executable).parent), "/usr/local/bin", "/usr/bin", "/bin"])
    return {"PATH": path, "LANG": "C.UTF-8", "PYTHONUNBUFFERED": "1", **settings}


def run(command: list[str], *, release: Path, settings: Mapping[str, str]) -> str:
    """Runs a command in the release to its end and returns what it said. Fails the test unless it succeeds."""
    done = subprocess.run(
        command,
        cwd=release,
        env=bare_environment(settings),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, f"{command} ended with {done.returncode}:\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def manage(*arguments: str, release: Path, settings: Mapping[str, str]) -> str:
    return run([sys.executable, "manage.py", *arguments], release=release, settings=settings)


def wait_until(is_so: Callable[[], object], *, what: str, seconds: float = PATIENCE_SECONDS) -> None:
    give_up_at = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < give_up_at, f"Waited {seconds:.0f} seconds in vain: {what}"
        time.sleep(0.1)


def group_members(group: int) -> list[int]:
    """The processes of a process group, as Linux tells them."""
    members = []
    for pid in (int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()):
        with suppress(ProcessLookupError):
            if os.getpgid(pid) == group:
                members.append(pid)
    return members


class PortalProcess:
    """One line of the Procfile, running."""

    def __init__(
        self, name: str, *, release: Path, settings: Mapping[str, str], port: int, log: Path
    ) -> None:
        self.name, self.port = name, port
        self._log = log
        with log.open("wb") as output:
            self._honcho = subprocess.Popen(
                [*HONCHO, "start", "--port", str(port), name],
                cwd=release,
                env=bare_environment(settings),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.wait_for_line(r"started \(pid=\d+\)")

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def lines(self) -> str:
        return self._log.read_text(errors="replace")

    @property
    def is_running(self) -> bool:
        return self._honcho.poll() is None

    def wait_for_line(self, pattern: str) -> None:
        def is_there() -> bool:
            assert self.is_running, f"It ended by itself:\n{self.lines}"
            return re.search(pattern, self.lines) is not None

        wait_until(is_there, what=pattern, seconds=START_SECONDS)

    def wait_until_ready(self) -> None:
        """Until the process answers as a platform's probe wants it."""

        def is_ready() -> bool:
            assert self.is_running, f"It ended by itself:\n{self.lines}"
            try:
                return requests.get(f"{self.origin}/readyz", timeout=5).ok
            except requests.RequestException:
                return False

        wait_until(is_ready, what="/readyz", seconds=START_SECONDS)

    def tell_to_end(self) -> None:
        """SIGTERM to every process of the line, as platforms do; not to the shell, whose exit status is theirs."""
        everybody = group_members(self._process_group)
        for pid in [pid for pid in everybody if pid != self._process_group] or everybody:
            os.kill(pid, signal.SIGTERM)

    def wait_for_end(self, *, seconds: float) -> int:
        """Returns the exit status. Fails the test, and kills the process, if it takes longer."""
        try:
            return self._honcho.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(self._process_group, signal.SIGKILL)
            self._honcho.wait(timeout=10)
            raise AssertionError(f"It had not ended after {seconds} seconds:\n{self.lines}") from None

    def end(self) -> None:
        if self.is_running:
            self.tell_to_end()
            self.wait_for_end(seconds=10)

    @property
    def _process_group(self) -> int:
        started = re.search(r"started \(pid=(\d+)\)", self.lines)
        assert started
        return int(started.group(1))
