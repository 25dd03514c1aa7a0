"""The network as it can be: silent, dripping, refusing, hanging up, too large."""

import gzip
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from requests.auth import HTTPBasicAuth

from onboarding_portal.ev_energy.deadline import deadline
from onboarding_portal.ev_energy.errors import BadResponse, Unavailable
from onboarding_portal.ev_energy.responses import Answer
from onboarding_portal.ev_energy.retries import Repeat
from onboarding_portal.ev_energy.transport import LARGEST_ANSWER_BYTES, Call, Transport
from tests.ev_energy.servers import Talk, answer, drip, hang_up, server, silence

AUTH = HTTPBasicAuth("somebody", "a-secret")
UNTIL_BODY = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"


@pytest.fixture
def transport() -> Transport:
    return Transport(connect_timeout_seconds=0.3, read_timeout_seconds=0.3)


def send(
    transport: Transport, url: str, *, repeat: Repeat = Repeat.READ, method: str = "GET", seconds: float = 5.0
) -> Answer:
    call = Call(operation="test", url=f"{url}/x?email=ada@example.com", method=method, repeat=repeat)
    with deadline(seconds=seconds):
        return transport.send(call, auth=AUTH)


def test_server_that_never_answers_is_given_up(transport: Transport) -> None:
    with server(silence) as running, pytest.raises(Unavailable, match="ReadTimeout"):
        send(transport, running.url, method="POST", repeat=Repeat.NEVER)

    assert len(running.requests) == 1


def test_server_that_never_takes_the_connection_is_given_up(transport: Transport) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full:
        fill = [socket.socket() for _ in range(3)]
        for waiting in fill:
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        with pytest.raises(Unavailable, match="ConnectTimeout"):
            send(
                transport,
                f"http://127.0.0.1:{full.getsockname()[1]}",
                method="POST",
                repeat=Repeat.NEVER,
            )
        for waiting in fill:
            waiting.close()


@pytest.mark.parametrize(
    "start",
    [b"HTTP/1.1 200 OK\r\nX-Slow: ", UNTIL_BODY, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1"],
    ids=["headers", "body", "size of a chunk"],
)
def test_server_that_drips_is_given_up_at_the_deadline(transport: Transport, start: bytes) -> None:
    with server(drip(start, every_seconds=0.05)) as running, pytest.raises(Unavailable):
        send(transport, running.url, seconds=0.6)


def test_read_is_repeated_after_a_lost_connection(transport: Transport) -> None:
    with server(hang_up, answer(b"[1]")) as running:
        assert send(transport, running.url).body == b"[1]"

    assert len(running.requests) == 2


@pytest.mark.parametrize("status", ["500 Oops", "502 Bad Gateway", "503 Service Unavailable", "504 Late"])
def test_read_is_repeated_after_a_failure_that_may_pass(transport: Transport, status: str) -> None:
    with server(answer(status=status), answer(b"[1]")) as running:
        assert send(transport, running.url).status == 200

    assert len(running.requests) == 2


def test_read_is_tried_three_times_at_most(transport: Transport) -> None:
    with server(answer(status="503 Service Unavailable")) as running:
        assert send(transport, running.url).status == 503

    assert len(running.requests) == 3


@pytest.mark.parametrize("status", ["429 Too Many Requests", "404 Not Found", "401 Unauthorized"])
def test_read_is_not_repeated_after_a_clear_answer(transport: Transport, status: str) -> None:
    with server(answer(status=status)) as running:
        send(transport, running.url)

    assert len(running.requests) == 1


def test_server_that_says_when_to_come_back_is_not_asked_before(transport: Transport) -> None:
    with server(answer(status="503 Service Unavailable", headers="Retry-After: 1\r\n")) as running:
        assert send(transport, running.url).retry_after == 1.0

    assert len(running.requests) == 1


def test_read_is_not_repeated_when_no_time_is_left(transport: Transport) -> None:
    with server(answer(status="503 Service Unavailable")) as running:
        assert send(transport, running.url, seconds=0.5).status == 503

    assert len(running.requests) == 1


@pytest.mark.parametrize("talk", [hang_up, silence, answer(status="503 Service Unavailable")])
@pytest.mark.parametrize("repeat", [Repeat.NEVER, Repeat.IF_NEVER_CONNECTED])
def test_post_that_may_have_arrived_is_never_repeated(
    transport: Transport, talk: Talk, repeat: Repeat
) -> None:
    with server(talk) as running:
        try:
            status: int | None = send(transport, running.url, method="POST", repeat=repeat).status
        except Unavailable:
            status = None

    assert status in {None, 503}
    assert len(running.requests) == 1


@pytest.fixture
def refusing() -> Iterator[str]:
    """An address nobody listens at; the port stays taken, so that nobody starts to."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{closed.getsockname()[1]}"


@pytest.mark.parametrize(
    ("method", "repeat", "tries"),
    [
        ("GET", Repeat.READ, 3),
        ("POST", Repeat.IF_NEVER_CONNECTED, 2),
        ("POST", Repeat.NEVER, 1),
    ],
)
def test_refused_connection_is_tried_again_if_safe(
    transport: Transport,
    refusing: str,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    repeat: Repeat,
    tries: int,
) -> None:
    connects: list[object] = []
    connect = socket.socket.connect

    def counted(self: socket.socket, address: tuple[str, int]) -> None:
        connects.append(address)
        connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", counted)

    with pytest.raises(Unavailable):
        send(transport, refusing, method=method, repeat=repeat)

    assert len(connects) == tries


def test_answer_that_is_too_large_is_not_read_to_its_end(transport: Transport) -> None:
    body = b"[" + b" " * (LARGEST_ANSWER_BYTES + 100_000) + b"]"
    with server(answer(body)) as running, pytest.raises(BadResponse, match="too large"):
        send(transport, running.url)


def test_small_answer_that_unpacks_to_a_huge_one_is_refused(transport: Transport) -> None:
    bomb = gzip.compress(b" " * (LARGEST_ANSWER_BYTES * 5))
    with (
        server(answer(bomb, headers="Content-Encoding: gzip\r\n")) as running,
        pytest.raises(BadResponse, match="too large"),
    ):
        send(transport, running.url)


def test_answer_that_cannot_be_unpacked_is_a_bad_response(transport: Transport) -> None:
    with (
        server(answer(b"no gzip", headers="Content-Encoding: gzip\r\n")) as running,
        pytest.raises(BadResponse, match="decoded"),
    ):
        send(transport, running.url)


@pytest.mark.parametrize(
    "talk",
    [
        lambda connection: connection.sendall(b"no HTTP at all\r\n\r\n"),
        lambda connection: connection.sendall(UNTIL_BODY + b"cut off"),
        lambda connection: connection.sendall(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n"),
    ],
)
def test_answer_that_is_no_http_is_no_answer(transport: Transport, talk: Talk) -> None:
    with server(talk) as running, pytest.raises(Unavailable):
        send(transport, running.url, method="POST", repeat=Repeat.NEVER)


def test_netrc_and_proxies_of_the_machine_are_not_used(
    transport: Transport, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login evil password evil", encoding="utf-8")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with server(answer()) as running:
        send(transport, running.url)

    assert b"Authorization: Basic c29tZWJvZHk6YS1zZWNyZXQ=" in running.requests[0]


def test_cookies_are_not_kept_from_one_owner_to_the_next(transport: Transport) -> None:
    with server(answer(headers="Set-Cookie: session=first; Path=/\r\n")) as running:
        send(transport, running.url)
        send(transport, running.url)

    assert b"cookie" not in running.requests[1].lower()


def test_address_is_not_in_the_error_nor_in_what_caused_it(transport: Transport, refusing: str) -> None:
    with pytest.raises(Unavailable) as caught:
        send(transport, refusing)

    error = caught.value
    assert "ada@" not in str(error)
    assert (error.__cause__, error.__context__) == (None, None)
