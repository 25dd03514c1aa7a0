"""The demo as people start it: by one command, without settings, in a folder of its own."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import pytest
import requests

from onboarding_portal.operations.demo_environment import free_port
from onboarding_portal.operations.demo_mail import Mailbox

ROOT = Path(__file__).resolve().parent.parent.parent
SETTINGS = re.compile(
    r"^(SECRET_KEY|DATABASE_URL|CACHE_URL|EMAIL_URL|PORTAL_|EV_ENERGY_|DJANGO_SETTINGS_MODULE)"
)
PATIENCE_SECONDS = 60.0


class Demo:
    def __init__(self, folder: Path, *options: str) -> None:
        self._output = folder.parent / "output.txt"
        bare = {name: value for name, value in os.environ.items() if not SETTINGS.match(name)}
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-u", "manage.py", "demo", "--folder", str(folder), *options],
                cwd=ROOT,
                env=bare,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def wait_for(self, pattern: str) -> str:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < deadline:
            if found := re.search(pattern, self.output):
                return found.group(1)
            assert self.process.poll() is None, self.output
            time.sleep(0.1)
        raise AssertionError(f"No {pattern} in: {self.output}")

    @property
    def output(self) -> str:
        return self._output.read_text()

    def end(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=30)


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]


def test_one_command_brings_up_everything_and_ctrl_c_ends_everything(tmp_path: Path, taken_port: int) -> None:
    demo = Demo(tmp_path / "demo", "--port", str(taken_port), "--sandbox-port", str(taken_port))
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
    for origin in (portal, sandbox):
        with pytest.raises(requests.ConnectionError):
            requests.get(origin, timeout=2)


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
