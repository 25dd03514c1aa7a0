"""Addresses that others give lead to the public internet or nowhere, whatever they resolve or redirect to."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from pytest_django import Settings

from onboarding_portal import public_http
from onboarding_portal.public_http import NoAnswer, NotPublic, ask, check

PUBLIC = "93.184.215.14"

# Whatever this machine, its network or its provider may answer on.
NEVER_REACHED = [
    "127.0.0.1",
    "127.8.9.10",
    "0.0.0.0",  # noqa: S104  not to bind to
    "10.0.0.1",
    "100.64.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.254",
    "192.0.0.8",
    "192.0.2.1",
    "192.168.1.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0177.0.0.1",
    "127.1",
    "3232235777",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:10.0.0.1]",
    "[::ffff:a9fe:a9fe]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[64:ff9b::a9fe:a9fe]",
    "[64:ff9b:1::1]",
    "[2002:7f00:1::]",
    "[2001:0:7f00:1::]",
    "[2001:db8::1]",
    "[fe80::1]",
    "[fec0::1]",
    "[fc00::1]",
    "[fd12:3456:789a::1]",
    "[ff02::1]",
]


class Local(BaseHTTPRequestHandler):
    """A server on this machine, which must see no request."""

    asked: list[str]

    def do_POST(self) -> None:
        self.asked.append(self.path)
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path == "/redirect":
            self.send_response(302)
            self.send_header("Location", "/elsewhere")
            self.end_headers()
        elif self.path == "/drip":
            self._drip()
        elif self.path == "/nonsense":
            self.wfile.write(b"This is no HTTP\r\n\r\n")
        else:
            self.send_response(200)
            body = b"x" * (100_000 if self.path == "/long" else 2)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def _drip(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        try:
            for _ in range(40):
                self.wfile.write(b"a")
                time.sleep(0.05)
        except OSError:
            pass

    def log_message(self, *_args: Any) -> None:
        pass


@pytest.fixture
def local() -> Iterator[tuple[int, list[str]]]:
    handler = type("Handler", (Local,), {"asked": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield server.server_address[1], handler.asked
        server.shutdown()


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The addresses a socket was to be opened to; none is."""
    tried: list[str] = []

    def refuse(address: tuple[str, int], *_args: Any, **_more: Any) -> socket.socket:
        tried.append(address[0])
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", refuse)
    return tried


def resolver(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> None:
    """Names resolve to the first answer, then to the second, and so on; the last stays."""
    left = list(answers)

    def getaddrinfo(_host: str, port: int, *_args: Any, **_more: Any) -> list[Any]:
        found = left.pop(0) if len(left) > 1 else left[0]
        return [(0, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)


def post(url: str, *, seconds: float = 2.0, most_bytes: int = 1000) -> public_http.Answer:
    return ask("POST", url, body=b"{}", seconds=seconds, most_bytes=most_bytes)


@pytest.mark.parametrize("host", NEVER_REACHED)
def test_what_is_not_public_is_never_reached(
    host: str, connected: list[str], monkeypatch: pytest.MonkeyPatch, table_cell: Callable[..., None]
) -> None:
    said = {}
    with pytest.raises(NotPublic) as written:
        post(f"https://{host}/")
    said["written"] = str(written.value)

    # The same address behind a name.
    plain = host.strip("[]")
    if plain.count(".") == 3 or ":" in plain:
        resolver(monkeypatch, [plain if not plain.startswith("0177") else "127.0.0.1"])
        with pytest.raises(NotPublic) as behind:
            post("https://receiver.example/")
        said["behind a name"] = str(behind.value)

    assert connected == []
    for column, says in said.items():
        table_cell("Addresses that are not reached", row=host, column=column, says=says)


def test_a_name_that_changes_between_two_looks_is_judged_by_what_is_connected_to(
    connected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    resolver(monkeypatch, [PUBLIC], ["127.0.0.1"])

    with pytest.raises(NoAnswer):
        post("https://receiver.example/")
    with pytest.raises(NotPublic):
        post("https://receiver.example/")

    assert connected == [PUBLIC]  # the address itself: nothing resolves the name once more


def test_one_private_address_among_public_ones_is_one_too_many(
    connected: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    resolver(monkeypatch, [PUBLIC, "10.0.0.1"])
    with pytest.raises(NotPublic):
        post("https://receiver.example/")
    assert connected == []


@pytest.mark.parametrize(
    "url",
    [
        "http://receiver.example/",
        "ftp://receiver.example/",
        "file:///etc/passwd",
        "gopher://receiver.example/",
        "//receiver.example/",
        "receiver.example",
        "https://",
        "https:///path",
        "https://name:password@receiver.example/",
        "https://name@receiver.example/",
        "https://receiver.example/#part",
        "https://receiver.example:70000/",
        "https://receiver.example/\nHost: other",
        "https://receiver .example/",
        "https://räuber.example/",
        "https://[::1",
        "https://receiver.example/" + "x" * 2000,
        "",
    ],
)
def test_an_address_that_is_none_is_refused_before_anything_is_resolved(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_more: pytest.fail("resolved"))
    with pytest.raises(NotPublic):
        post(url)


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700:4700::1111", "93.184.215.14"])
def test_public_addresses_are_public(address: str) -> None:
    host = f"[{address}]" if ":" in address else address
    assert check(f"https://{host}/path?a=b").path == "/path"


def test_no_proxy_of_the_environment_is_used(connected: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:3128")
    resolver(monkeypatch, [PUBLIC])
    with pytest.raises(NoAnswer):
        post("https://receiver.example/")
    assert connected == [PUBLIC]


def test_a_local_origin_is_reached_only_by_its_very_port(
    local: tuple[int, list[str]], settings: Settings
) -> None:
    port, asked = local
    with pytest.raises(NotPublic):
        post(f"http://127.0.0.1:{port}/before")
    settings.LOCAL_ORIGINS = [f"http://127.0.0.1:{port}"]

    answer = post(f"http://127.0.0.1:{port}/after")

    assert (answer.status, answer.body, asked) == (200, b"xx", ["/after"])
    with pytest.raises(NotPublic):
        post(f"http://127.0.0.1:{port + 1}/")


@pytest.mark.parametrize(
    ("path", "says"),
    [("/drip", "No answer in time."), ("/long", "too long"), ("/nonsense", "is no HTTP")],
)
def test_odd_answers_end_in_time(
    path: str, says: str, local: tuple[int, list[str]], settings: Settings
) -> None:
    port, _asked = local
    settings.LOCAL_ORIGINS = [f"http://127.0.0.1:{port}"]
    with pytest.raises(NoAnswer, match=says):
        post(f"http://127.0.0.1:{port}{path}", seconds=0.3)


def test_a_redirect_is_an_answer_and_is_not_followed(
    local: tuple[int, list[str]], settings: Settings
) -> None:
    port, asked = local
    settings.LOCAL_ORIGINS = [f"http://127.0.0.1:{port}"]
    assert post(f"http://127.0.0.1:{port}/redirect").status == 302
    assert asked == ["/redirect"]


def test_a_resolver_that_hangs_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    over = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_more: [over.wait(5)][:0])
    with pytest.raises(NoAnswer):
        post("https://receiver.example/", seconds=0.1)
    over.set()
