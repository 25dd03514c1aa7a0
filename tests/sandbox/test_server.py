"""The sandbox on a real port, as a process, and killed."""

import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from onboarding_portal.sandbox.behaviour import Behaviour
from onboarding_portal.sandbox.context import Config
from onboarding_portal.sandbox.server import Running, serve_in_thread

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "manage.py", "sandbox"]


@contextmanager
def process(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A sandbox in a process of its own, and its origin."""
    command = [*COMMAND, "--port", "0", *arguments]
    # Only this repository's own module is run, with arguments written in this file.
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as started:
        try:
            assert started.stdout is not None
            line = started.stdout.readline()
            assert line.startswith("sandbox listening on http://127.0.0.1:"), line
            yield started, line.rsplit(" ", maxsplit=1)[1].strip()
        finally:
            started.kill()


def signed_in(origin: str) -> dict[str, str]:
    """The headers of an application with a token."""
    answer = requests.post(
        f"{origin}/o/token/",
        data={"grant_type": "client_credentials"},
        auth=("sandbox-client", "sandbox-secret"),
        timeout=5,
    )
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


def call(headers: dict[str, str], method: str, url: str, **options: Any) -> requests.Response:
    return requests.request(method, url, headers=headers, timeout=5, **options)


@pytest.fixture
def running() -> Iterator[Running]:
    with serve_in_thread() as sandbox:
        yield sandbox


def refusal(*arguments: str) -> str:
    # Only this repository's own module is run, with arguments written in this file.
    answer = subprocess.run(
        [*COMMAND, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=20, check=False
    )
    assert answer.returncode == 1
    return answer.stderr


def test_public_interface_is_refused_unless_it_is_meant() -> None:
    assert "--allow-public" in refusal("--host", "192.0.2.1")


def test_taken_port_is_said_plainly() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        assert f"Cannot listen on 127.0.0.1:{port}: Address already in use" in refusal("--port", str(port))


def test_state_outlives_a_kill(tmp_path: Path) -> None:
    state = str(tmp_path / "sandbox.jsonl")
    with process("--state", state, "--seed-owner", "demo@example.com", "--vehicles", "20") as (
        killed,
        origin,
    ):
        headers = signed_in(origin)
        user = call(headers, "POST", f"{origin}/v2/users", json={"email": "ann@example.com"}).json()
        vehicles = call(headers, "GET", f"{origin}/v2/vehicles?page_size=100").json()
        inactive = next(vehicle for vehicle in vehicles if vehicle["integrated"] == "INACTIVE")
        call(headers, "DELETE", vehicles[3]["url"])
        link = call(headers, "POST", f"{inactive['url']}/reconnect").json()["url"].removeprefix(origin)
        killed.send_signal(signal.SIGKILL)
        killed.wait(timeout=5)
    with (tmp_path / "sandbox.jsonl").open("ab") as file:
        file.write(b'["user", "user01", {"user_id": "us')  # what a kill in the midst of a line leaves

    with process("--state", state, "--seed-owner", "demo@example.com", "--vehicles", "20") as (_, origin):
        headers = signed_in(origin)
        found = call(headers, "GET", f"{origin}/v2/users?email=ann@example.com").json()
        again = call(headers, "GET", f"{origin}/v2/vehicles?page_size=100").json()
        page = requests.get(origin + link, timeout=5)

    assert [entry["id"] for entry in found] == [user["id"]]
    assert [entry["id"] for entry in again] == [entry["id"] for entry in vehicles if entry is not vehicles[3]]
    assert page.status_code == 200


def test_termination_ends_cleanly() -> None:
    with process() as (terminated, _):
        terminated.send_signal(signal.SIGTERM)

        assert terminated.wait(timeout=5) == 0


def test_demo_owner_has_one_car_of_each_kind() -> None:
    with process("--seed-owner", "demo@example.com") as (_, origin):
        headers = signed_in(origin)
        vehicles = call(headers, "GET", f"{origin}/v2/vehicles?expand=latest_status_log").json()

    ages = [
        datetime.now(UTC) - datetime.fromisoformat(vehicle["latest_status_log"]["sampled_at"])
        for vehicle in vehicles
    ]
    assert [vehicle["integrated"] for vehicle in vehicles] == ["ACTIVE", "INACTIVE", "ACTIVE"]
    assert ages[0] < timedelta(hours=1)
    assert ages[2] > timedelta(days=4)


def test_connection_is_kept_for_the_next_request(running: Running) -> None:
    address = urlsplit(running.origin)
    with (
        socket.create_connection((address.hostname, address.port), timeout=5) as connection,
        connection.makefile("rb") as file,
    ):
        answers = []
        for _ in range(3):
            body = b'{"email": "nobody", "padding": "' + b"x" * 1000 + b'"}'
            connection.sendall(
                b"POST /v2/users HTTP/1.1\r\nHost: x\r\nContent-Length: "
                + str(len(body)).encode()
                + b"\r\n\r\n"
                + body
            )
            answers.append(read_answer(file))

    assert answers == [b"HTTP/1.1 401 UNAUTHORIZED\r\n"] * 3


def read_answer(file: Any) -> bytes:
    """The status line; headers and body are read to their end."""
    status: bytes = file.readline()
    length = 0
    while (line := file.readline()) != b"\r\n":
        if line.lower().startswith(b"content-length:"):
            length = int(line.split(b":")[1])
    file.read(length)
    return status


def test_dropped_connection_has_no_answer_but_took_effect(running: Running) -> None:
    headers = signed_in(running.origin)
    behaviour = {"drop_connection": 1, "operations": ["post-users"], "faults_left": 1}
    requests.put(f"{running.origin}/_sandbox/behaviour", json=behaviour, timeout=5)

    with pytest.raises(requests.ConnectionError):
        call(headers, "POST", f"{running.api_url}/users", json={"email": "ann@example.com"})

    assert len(call(headers, "GET", f"{running.api_url}/users?email=ann@example.com").json()) == 1


def at_once(work: Callable[[], None], *, threads: int) -> None:
    started = [threading.Thread(target=work) for _ in range(threads)]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join()


def test_limit_holds_over_many_threads() -> None:
    behaviour = Behaviour(rate_limit=60)
    with serve_in_thread(config=Config(behaviour=behaviour)) as running:
        headers = signed_in(running.origin)
        statuses: list[int] = []

        def ask() -> None:
            statuses.extend(call(headers, "GET", f"{running.api_url}/users").status_code for _ in range(20))

        at_once(ask, threads=8)

    assert statuses.count(200) == 60
    assert statuses.count(429) == 100


def test_one_email_makes_one_user_however_many_ask_at_once(running: Running) -> None:
    headers = signed_in(running.origin)
    statuses: list[int] = []

    def create() -> None:
        url = f"{running.api_url}/users"
        statuses.append(call(headers, "POST", url, json={"email": "a@example.com"}).status_code)

    at_once(create, threads=10)

    assert sorted(statuses) == [201] + [400] * 9
