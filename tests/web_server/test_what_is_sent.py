"""More than a form needs is refused unread, at every address, and nothing that visitors send reaches the disk."""

import secrets
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
import requests
from django.test import Client

from onboarding_portal.web_server.limits import (
    LARGEST_BODY_BYTES,
    LARGEST_HEAD_BYTES,
    LARGEST_UPLOAD_BYTES,
    MOST_UPLOADS,
    UPLOADS,
)
from tests.factories import make_owner
from tests.urlconf import addresses
from tests.web_server.gunicorn import Gunicorn, gunicorn
from tests.web_server.visitor import Visitor

MUCH = 300 * 1024 * 1024
ANYWHERE = ["/", "/accounts/login/", "/admin/login/", "/nowhere/", "/healthz", "/static/portal.css"]
FORM = "application/x-www-form-urlencoded"


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gunicorn]:
    """The portal, and the system lets its process write to no file."""
    folder: Path = tmp_path_factory.mktemp("portal")
    environment = {
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DATABASE_URL": f"sqlite:///{folder}/none.sqlite3",
    }
    with gunicorn("onboarding_portal.wsgi", config="tests.web_server.no_disk", **environment) as server:
        yield server


@pytest.fixture(scope="module")
def plain() -> Iterator[Gunicorn]:
    with gunicorn(config="tests.web_server.no_disk") as server:
        yield server


def head(path: str, *headers: str) -> bytes:
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Type: {FORM}", *headers]
    return "\r\n".join([*lines, "", ""]).encode()


def chunk(length: int) -> bytes:
    return f"{length:x}\r\n".encode() + b"x" * length + b"\r\n"


def status_of(heard: bytes) -> int:
    return int(heard.split()[1])


def is_page_that_refuses(heard: bytes) -> bool:
    return status_of(heard) == 413 and b"<h1>That was too much to send</h1>" in heard


@pytest.mark.parametrize("path", ANYWHERE)
def test_announced_too_much_is_refused_before_any_of_it_comes(portal: Gunicorn, path: str) -> None:
    with Visitor(portal.port) as visitor:
        visitor.say(head(path, f"Content-Length: {MUCH}"))
        assert is_page_that_refuses(visitor.hear(until=b"</html>"))


@pytest.mark.parametrize("path", ANYWHERE)
def test_unannounced_too_much_is_refused_when_it_has_come(portal: Gunicorn, path: str) -> None:
    with Visitor(portal.port) as visitor:
        visitor.say(head(path, "Transfer-Encoding: chunked"))
        for _ in range(LARGEST_BODY_BYTES // 65_536 + 1):
            visitor.say(chunk(65_536))
        assert is_page_that_refuses(visitor.hear(until=b"</html>"))


def test_who_sends_all_of_it_before_listening_sees_the_page(portal: Gunicorn) -> None:
    body = secrets.token_bytes(8 * 1024 * 1024)

    answer = requests.post(f"{portal.origin}/accounts/login/", data=body, timeout=20)

    assert answer.status_code == 413


def test_who_asks_first_is_not_told_to_go_on(portal: Gunicorn) -> None:
    with Visitor(portal.port) as visitor:
        visitor.say(head("/", f"Content-Length: {MUCH}", "Expect: 100-continue"))
        assert is_page_that_refuses(visitor.hear(until=b"</html>"))


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ("Content-Length: -1", 400),
        ("Content-Length: 1e9", 400),
        (f"Content-Length: {'9' * 400}", 413),
        ("Content-Length: 5\r\nContent-Length: 6", 400),
        ("Transfer-Encoding: gzip", 501),
    ],
)
def test_odd_announcements_are_refused(portal: Gunicorn, header: str, status: int) -> None:
    with Visitor(portal.port) as visitor:
        visitor.say(head("/", header))
        assert status_of(visitor.hear(until=b"\r\n\r\n")) == status


def test_more_than_announced_is_no_part_of_the_body(plain: Gunicorn) -> None:
    with Visitor(plain.port) as visitor:
        visitor.say(head("/echo", "Content-Length: 5", "Connection: close") + b"12345" + b"6" * 100_000)
        heard = visitor.hear()

    assert heard.endswith(b"5\r\n12345\r\n0\r\n\r\n")


(UPLOAD,) = UPLOADS


def upload(portal: Gunicorn, length: int, path: str = UPLOAD) -> int:
    """What a stranger is told who sends a file of this length."""
    return requests.post(
        f"{portal.origin}{path}", files={"file": ("a.csv", b"x" * length)}, timeout=20
    ).status_code


def test_one_address_takes_a_file_and_nothing_of_it_reaches_the_disk(portal: Gunicorn) -> None:
    assert upload(portal, LARGEST_UPLOAD_BYTES - 1000) == 403  # it has come, and is nobody's
    assert upload(portal, LARGEST_UPLOAD_BYTES) == 413
    assert upload(portal, LARGEST_UPLOAD_BYTES - 1000, "/admin/accounts/invitation/add/") == 413


def test_strangers_fill_no_more_memory_there_than_a_few_files_take(portal: Gunicorn) -> None:
    with ExitStack() as stack:
        for _ in range(MOST_UPLOADS):
            visitor = stack.enter_context(Visitor(portal.port))
            visitor.say(head(UPLOAD, f"Content-Length: {LARGEST_UPLOAD_BYTES}") + b"x")
        assert 413 in {upload(portal, 2 * LARGEST_BODY_BYTES) for _ in range(50)}
    # Once it has seen that they are gone.
    assert 403 in {upload(portal, 2 * LARGEST_BODY_BYTES) for _ in range(50)}


@pytest.mark.parametrize("encoding", ["Content-Length", "Transfer-Encoding"])
def test_as_much_as_is_allowed_comes_whole_and_without_a_file(plain: Gunicorn, encoding: str) -> None:
    body = secrets.token_bytes(LARGEST_BODY_BYTES - 1000)
    pieces = iter([body]) if encoding == "Transfer-Encoding" else body

    assert requests.post(f"{plain.origin}/echo", data=pieces, timeout=20).content == body
    assert requests.get(f"{plain.origin}/disk", timeout=20).text == "refused"  # it would be seen


@pytest.mark.parametrize(
    "request_head",
    [
        f"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Much: {'x' * LARGEST_HEAD_BYTES}",
        f"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: {'x=1; ' * LARGEST_HEAD_BYTES}",
        f"GET /?{'q=1&' * LARGEST_HEAD_BYTES} HTTP/1.1\r\nHost: 127.0.0.1",
        f"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n{'X: y' * 10}\r\n" + "X-Many: y\r\n" * 10_000,
    ],
    ids=["header", "cookies", "query", "headers"],
)
def test_too_large_a_head_is_refused(portal: Gunicorn, request_head: str) -> None:
    with Visitor(portal.port) as visitor:
        visitor.say(request_head.encode() + b"\r\n\r\n")
        assert status_of(visitor.hear(until=b"\r\n\r\n")) == 431


def test_a_thousand_fields_in_a_query_are_refused(portal: Gunicorn) -> None:
    assert requests.get(f"{portal.origin}/connect/?{'q&' * 5000}", timeout=20).status_code == 400


def multipart(*parts: str) -> dict[str, object]:
    body = "".join(f"--line\r\nContent-Disposition: form-data; {part}\r\n" for part in parts)
    return {"data": f"{body}--line--\r\n", "content_type": "multipart/form-data; boundary=line"}


TOO_MANY = {
    "fields of a form": {"data": "a&" * 100_000, "content_type": FORM},
    "fields in parts": multipart(*['name="a"\r\n\r\n'] * 2000),
    "a file": multipart(f'name="a"; filename="a.txt"\r\n\r\n{"x" * 100_000}'),
    "files": multipart(*['name="a"; filename="a.txt"\r\n\r\nx'] * 2000),
}


@pytest.mark.parametrize("path", ["/accounts/login/", "/admin/login/"])
@pytest.mark.parametrize("kind", TOO_MANY)
@pytest.mark.django_db
def test_more_fields_than_a_form_has_and_files_are_refused(path: str, kind: str) -> None:
    assert Client().post(path, **TOO_MANY[kind]).status_code == 400


@pytest.mark.django_db
def test_no_address_is_left_out() -> None:
    client = Client()
    client.force_login(make_owner(is_staff=True, is_superuser=True))
    paths = [address.path() for address in addresses()]

    statuses = {path: client.post(path, CONTENT_LENGTH=str(MUCH)).status_code for path in paths}

    assert len(paths) > 50
    assert set(statuses.values()) == {413}, statuses


def test_packed_body_is_not_unpacked(plain: Gunicorn) -> None:
    packed = b"\x1f\x8b" + secrets.token_bytes(1000)

    answer = requests.post(
        f"{plain.origin}/echo", data=packed, headers={"Content-Encoding": "gzip"}, timeout=20
    )

    assert answer.content == packed
