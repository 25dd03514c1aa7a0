"""Visitors who send or take a byte now and then: everybody else is served, and they are sent away in the end."""

from collections.abc import Iterator

import pytest
import requests

from tests.rehearsal.processes import wait_until
from tests.web_server.application import BIG_BYTES, HUGE_BYTES
from tests.web_server.few_connections import MOST_CONNECTIONS
from tests.web_server.gunicorn import Gunicorn, gunicorn
from tests.web_server.visitor import Visitor, visitors

SLOW = 12  # three for each thread
SMALLEST_BUFFER = 4096
HEAD = b"POST /echo HTTP/1.1\r\nHost: portal\r\n"
# What they say at first, and then over and over.
WAYS = {
    "nothing at all": (b"", b""),
    "headers": (b"GET / HTTP/1.1\r\n", b"X-Slow: 1\r\n"),
    "one header": (b"GET / HTTP/1.1\r\nX-Slow: ", b"1"),
    "body": (HEAD + b"Content-Length: 1000\r\n\r\n", b"x"),
    "chunks": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    "a chunk's length": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"0"),
    "empty lines": (b"\r\n", b"\r\n"),
}


def ask(path: str, *, method: str = "GET") -> bytes:
    return f"{method} {path} HTTP/1.1\r\nHost: portal\r\n\r\n".encode()


@pytest.fixture(scope="module")
def patient() -> Iterator[Gunicorn]:
    """With the limits of a deployment, which no test here waits for."""
    with gunicorn() as server:
        yield server


@pytest.fixture(scope="module")
def impatient() -> Iterator[Gunicorn]:
    with gunicorn(config="tests.web_server.short_limits") as server:
        yield server


def is_served(server: Gunicorn) -> bool:
    return requests.get(server.origin, timeout=10).text == "ok\n"


@pytest.mark.parametrize("way", WAYS)
def test_everybody_else_is_served_beside_slow_senders(patient: Gunicorn, way: str) -> None:
    first, again = WAYS[way]
    with visitors(patient.port, count=SLOW) as slow:
        for words in (first, again, again):
            for visitor in slow:
                visitor.say(words)
            assert is_served(patient)
        assert all(visitor.is_connected for visitor in slow)


def test_everybody_else_is_served_beside_slow_readers(patient: Gunicorn) -> None:
    with visitors(patient.port, count=SLOW, receive_buffer=SMALLEST_BUFFER) as slow:
        for visitor in slow:
            visitor.say(ask("/big"))
            visitor.hear(until=b"\r\n\r\n")
        assert is_served(patient)
        assert all(visitor.is_connected for visitor in slow)


@pytest.mark.parametrize("way", WAYS)
def test_slow_sender_is_sent_away(impatient: Gunicorn, way: str) -> None:
    first, again = WAYS[way]
    with Visitor(impatient.port) as visitor:
        visitor.say(first)
        wait_until(lambda: not still_there(visitor, again), what="the connection is ended")


def still_there(visitor: Visitor, words: bytes) -> bool:
    try:
        visitor.say(words)
    except OSError:
        return False
    return visitor.is_connected


@pytest.mark.parametrize(("path", "length"), [("/big", BIG_BYTES), ("/huge", HUGE_BYTES)])
def test_slow_reader_is_sent_away(impatient: Gunicorn, path: str, length: int) -> None:
    before = files_open(impatient)
    with Visitor(impatient.port, receive_buffer=SMALLEST_BUFFER) as visitor:
        visitor.say(ask(path))
        heard = visitor.hear(until=b"\r\n\r\n")
        wait_until(lambda: files_open(impatient) <= before, what="the connection is ended")
        heard += visitor.hear()

    assert len(heard) < length


def files_open(server: Gunicorn) -> int:
    return int(requests.get(f"{server.origin}/files", timeout=10, headers={"Connection": "close"}).text)


def test_reader_who_takes_a_large_answer_in_time_gets_all_of_it(impatient: Gunicorn) -> None:
    assert len(requests.get(f"{impatient.origin}/huge", timeout=20).content) == HUGE_BYTES


def test_connection_on_which_nothing_more_is_asked_is_ended(impatient: Gunicorn) -> None:
    with Visitor(impatient.port) as visitor:
        for _ in range(2):
            visitor.say(ask("/"))
            assert visitor.hear(until=b"ok\n").endswith(b"ok\n")
        assert visitor.hear() == b""


def test_answer_to_head_has_no_body_and_the_connection_goes_on(patient: Gunicorn) -> None:
    with Visitor(patient.port) as visitor:
        visitor.say(ask("/", method="HEAD"))
        assert b"Content-Length: 3" in visitor.hear(until=b"\r\n\r\n")
        visitor.say(ask("/"))
        heard = visitor.hear(until=b"ok\n")

    assert heard.startswith(b"HTTP/1.1 200 OK")
    assert heard.count(b"ok\n") == 1


def test_when_there_are_too_many_those_who_have_waited_longest_go() -> None:
    with (
        gunicorn(config="tests.web_server.few_connections") as server,
        visitors(server.port, count=2 * MOST_CONNECTIONS) as slow,
    ):
        for visitor in slow:
            visitor.say(b"GET / HTTP/1.1\r\n")
        wait_until(lambda: not slow[0].is_connected, what="the first is sent away")
        assert is_served(server)
