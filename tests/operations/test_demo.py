"""The demo as people start it: by one command, without settings, in a folder of its own."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from threading import Timer

import pytest
import requests

from onboarding_portal.operations.demo.environment import free_port
from onboarding_portal.operations.demo.mailbox import Mailbox
from tests.rehearsal.processes import wait_until

ROOT = Path(__file__).resolve().parent.parent.parent
SETTINGS = re.compile(
    r"^(SECRET_KEY|DATABASE_URL|CACHE_URL|EMAIL_URL|PORTAL_|EV_ENERGY_|DJANGO_SETTINGS_MODULE)"
)
PATIENCE_SECONDS = 180.0


class Demo:
    """Its output goes through a pipe, which Python buffers unless it is told not to."""

    def __init__(self, *options: str, clone: Path = ROOT) -> None:
        bare = {name: value for name, value in os.environ.items() if not SETTINGS.match(name)}
        self.output = ""
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "demo", *options],
            cwd=clone,
            env=bare,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def wait_for(self, pattern: str) -> str:
        assert self.process.stdout
        out_of_patience = Timer(PATIENCE_SECONDS, self.process.kill)
        out_of_patience.start()
        try:
            while not (found := re.search(pattern, self.output)):
                line = self.process.stdout.readline()
                assert line, f"No {pattern} in: {self.output}"
                self.output += line
        finally:
            out_of_patience.cancel()
        return found.group(1)

    def end(self) -> int:
        self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=30)
        return self.process.returncode


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_one_command_brings_up_everything_and_ctrl_c_ends_everything(tmp_path: Path, taken_port: int) -> None:
    ports = ("--port", str(taken_port), "--sandbox-port", str(taken_port))
    demo = Demo("--folder", str(tmp_path / "demo"), *ports)
    try:
        portal = demo.wait_for(r"The portal is up: +(http://\S+)/")
        sandbox = demo.wait_for(r"stand-in: +(http://\S+)/")
        assert f"Port {taken_port} is taken. The portal uses" in demo.output
        assert "staff@example.com" in demo.output

        owner = signed_in(portal, "anna@example.com", demo)
        assert owner.get(f"{portal}/vehicles/", timeout=10).text.count('class="card stack"') == 3
    finally:
        status = demo.end()

    assert status == 0
    assert [origin for origin in (portal, sandbox) if not is_refused(origin)] == []


def test_it_works_in_a_folder_of_any_name_and_ends_all_it_started_when_it_is_killed(tmp_path: Path) -> None:
    clone = tmp_path / "a b#c?d+e%41" / "käse 車"
    clone.mkdir(parents=True)
    for name in ("onboarding_portal", "templates", "static"):
        shutil.copytree(ROOT / name, clone / name)  # compiled modules as well: nobody waits for them again
    shutil.copy(ROOT / "manage.py", clone)
    demo = Demo("--port", "8400", "--sandbox-port", "9400", clone=clone)
    try:
        portal = demo.wait_for(r"The portal is up: +(http://\S+)/")
        sandbox = demo.wait_for(r"stand-in: +(http://\S+)/")
        signed_in(portal, "anna@example.com", demo)
    finally:
        demo.process.kill()
        demo.process.communicate()

    wait_until(lambda: is_refused(portal) and is_refused(sandbox), what="portal and sandbox have ended")
    assert list(tmp_path.rglob("db.sqlite3")) == [clone / ".demo" / "db.sqlite3"]


def test_processes_end_when_the_one_that_started_them_is_killed(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "alive")
    child = ["/bin/sh", "-c", 'exec 3>"$1"; echo "$0" >&3; exec sleep 600']
    starter = f"""
import pathlib, time
from onboarding_portal.operations.demo.processes import Processes
processes = Processes(pathlib.Path({str(tmp_path)!r}))
for name in ("web", "worker"):
    processes.start(name, [*{child!r}, name, {str(tmp_path / "alive")!r}])
time.sleep(600)
"""
    with (
        subprocess.Popen([sys.executable, "-c", starter], cwd=ROOT) as process,
        (tmp_path / "alive").open() as alive,
    ):
        try:
            assert {alive.readline(), alive.readline()} == {"web\n", "worker\n"}
        finally:
            process.kill()
        assert alive.read() == ""  # ends only when no process has it open any more


def is_refused(origin: str) -> bool:
    try:
        requests.get(origin, timeout=2)
    except requests.ConnectionError:
        return True
    return False


def signed_in(portal: str, email: str, demo: Demo) -> requests.Session:
    """Signs in as a browser does, with the code from the terminal."""
    browser = requests.Session()
    page = browser.get(f"{portal}/accounts/login/", timeout=10).text
    page = browser.post(f"{portal}/accounts/login/", data={"email": email, **csrf(page)}, timeout=10).text
    code = demo.wait_for(rf"Mail to {email}: (\w{{6}}) is")
    answer = browser.post(f"{portal}/accounts/login/code/", data={"code": code, **csrf(page)}, timeout=10)
    assert answer.status_code == 200
    return browser


def csrf(page: str) -> dict[str, str]:
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert token
    return {"csrfmiddlewaretoken": token.group(1)}


def test_a_taken_port_is_said_and_another_one_used(
    taken_port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    port = free_port(wanted=taken_port, name="The portal")

    assert port > taken_port
    assert capsys.readouterr().out == f"Port {taken_port} is taken. The portal uses {port} instead.\n"


def test_when_no_port_is_free_it_says_so() -> None:
    with pytest.raises(SystemExit, match="found no free port"):
        free_port(wanted=65_536, name="The portal")


def test_the_terminal_shows_each_mail_once_with_its_links(tmp_path: Path) -> None:
    message = EmailMessage()
    message["To"], message["Subject"] = "anna@example.com", "Reconnect your Volvo"
    message.set_content("Go on here:\nhttp://127.0.0.1:8000/reconnect/token/\n")
    mailbox = Mailbox(tmp_path)
    (tmp_path / "1.log").write_bytes(message.as_bytes() + b"\n" + b"-" * 79 + b"\n")

    assert list(mailbox.new_mails()) == [
        "Mail to anna@example.com: Reconnect your Volvo\n  http://127.0.0.1:8000/reconnect/token/"
    ]
    assert list(mailbox.new_mails()) == []
