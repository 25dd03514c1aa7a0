"""What compose.yaml starts, run without Docker: the image's files, its settings, its commands, its health check."""

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import pytest
import requests

from tests.image import environment_of, last, services, stage, unpack_image
from tests.rehearsal.deployment import new_database
from tests.rehearsal.mailbox import Mailbox
from tests.rehearsal.processes import free_port, wait_until

pytestmark = pytest.mark.rehearsal


class Composition:
    """The services as processes. Their ports and the database are others, so that nothing here is in the way."""

    def __init__(self, folder: Path, state: Path, *, database_url: str, mail_port: int) -> None:
        self.folder, self._state = folder, state
        self.web_port, sandbox_port = free_port(), free_port()
        self._others = {
            "postgres://portal:only-for-trying@database:5432/portal": database_url,
            "8000": str(self.web_port),
            "9000": str(sandbox_port),
            "1025": str(mail_port),
            "/state/": f"{state}/",
            "0.0.0.0": "127.0.0.1",  # noqa: S104  it is replaced
        }
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def environment(self, name: str) -> Mapping[str, str]:
        own = {**environment_of(stage("portal")), **services()[name].get("environment", {})}
        path = os.pathsep.join([str(Path(sys.executable).parent), "/usr/bin", "/bin"])
        return {**{key: self._other(value) for key, value in own.items()}, "PATH": path}

    def run(self, command: list[str], *, name: str) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [self._other(word) for word in command],
            cwd=self.folder,
            env=self.environment(name),
            capture_output=True,
            timeout=300,
            check=False,
        )

    def start(self, name: str) -> None:
        given = services()[name].get("command")
        command = shlex.split(given) if given else last(stage("portal"), "CMD").command
        with self.log(name).open("wb") as log:
            self.running[name] = subprocess.Popen(
                [self._other(word) for word in command],
                cwd=self.folder,
                env=self.environment(name),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def log(self, name: str) -> Path:
        return self._state / f"{name}.log"

    def end(self) -> None:
        for process in self.running.values():
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(timeout=5)

    def _other(self, text: str) -> str:
        for given, other in self._others.items():
            text = text.replace(given, other)
        return text


@pytest.fixture(scope="module")
def composition(
    tmp_path_factory: pytest.TempPathFactory, database_url: str, mailbox: Mailbox
) -> Iterator[Composition]:
    folder, state = tmp_path_factory.mktemp("image"), tmp_path_factory.mktemp("state")
    unpack_image(folder)
    # A database of its own: in one that another clock has been at, the clock has nothing to do.
    with new_database(database_url) as url:
        composition = Composition(folder, state, database_url=url, mail_port=mailbox.port)
        try:
            yield composition
        finally:
            composition.end()


def files_of(folder: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def test_everything_starts_and_writes_nothing_into_the_image(composition: Composition) -> None:
    collected = composition.run(["python", "manage.py", "collectstatic", "--noinput"], name="web")
    assert collected.returncode == 0, collected.stderr
    before = files_of(composition.folder)

    composition.start("sandbox")
    released = composition.run(shlex.split(services()["release"]["command"]), name="release")
    assert released.returncode == 0, released.stderr.decode()
    for name in ("web", "worker", "clock"):
        composition.start(name)

    def is_healthy() -> bool:
        check = last(stage("portal"), "HEALTHCHECK").command
        return composition.run(check, name="web").returncode == 0

    wait_until(is_healthy, what="the health check of the image")
    wait_until(
        lambda: b"Catalogue sync: " in composition.log("clock").read_bytes(),
        what="the clock reads the catalogue",
    )
    page = requests.get(f"http://127.0.0.1:{composition.web_port}/accounts/login/", timeout=10)
    assert page.status_code == 200
    assert "Brightfield Energy" in page.text
    assert [name for name, process in composition.running.items() if process.poll() is not None] == []
    assert files_of(composition.folder) == before
