"""What a first visit takes over the wire, as the server's own parts send it: page, headers and files, compressed."""

import gzip
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpResponse
from django.test import Client

from onboarding_portal.catalogue.models import Make
from onboarding_portal.sandbox.catalogue import load_catalogue
from tests.factories import make_make, make_owner

pytestmark = pytest.mark.django_db

KB = 1000
MOST_REQUESTS = 4
HEADERS_OF_A_FILE = 900  # bytes: the portal's own are under 800
ASKS = {"accept-encoding": "gzip, deflate, br"}


class Parts(HTMLParser):
    """What a browser loads for a page beside it; the icon, which waits until all else is there, apart."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.files: list[str] = []
        self.elsewhere: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        is_file = (tag == "link" and values.get("rel") == "stylesheet") or (
            tag in {"script", "img"} and "src" in values
        )
        address = values.get("href" if tag == "link" else "src", "")
        if is_file and not address.startswith("data:"):
            self.files.append(address)
        if re.match(r"(https?:)?//", address):
            self.elsewhere.append(address)


def size_of(response: HttpResponse) -> int:
    headers = "".join(f"{name}: {value}\r\n" for name, value in response.items())
    return len(headers) + len(response.content)


def size_of_file(address: str) -> int:
    """As WhiteNoise sends it: gzipped ahead; the brand's own as its middleware does."""
    if address.startswith(settings.STATIC_URL):
        path = finders.find(address.removeprefix(settings.STATIC_URL))
        assert path
        return HEADERS_OF_A_FILE + len(gzip.compress(Path(path).read_bytes(), 9))
    return size_of(Client().get(address, headers=ASKS))  # type: ignore[arg-type]  # a mapping of texts


def first_visit(client: Client, path: str) -> tuple[int, list[str]]:
    """Bytes in all, and what was loaded beside the page. Nothing may come from elsewhere."""
    answer: Any = client.get(path, headers=ASKS)
    assert answer["Content-Encoding"] == "gzip"
    parts = Parts(gzip.decompress(answer.content).decode())
    assert parts.elsewhere == []
    return size_of(answer) + sum(map(size_of_file, parts.files)), parts.files


@pytest.fixture
def makes() -> None:
    """All makes the sandbox has, and more: over 60."""
    names = [make.name for make in load_catalogue().makes.values()]
    names += [f"Another Make {number}" for number in range(len(names), 64)]
    for name in names:
        make_make(name, onboardable=True)


def test_the_first_page_is_light(client: Client) -> None:
    size, files = first_visit(client, "/")

    assert size <= 12 * KB
    assert 1 + len(files) <= MOST_REQUESTS


def test_the_page_of_all_makes_is_light(client: Client, makes: None) -> None:
    client.force_login(make_owner(), backend=settings.AUTHENTICATION_BACKENDS[-1])

    size, files = first_visit(client, "/connect/")

    assert Make.objects.offered().count() >= 60
    assert size <= 20 * KB
    assert 1 + len(files) <= MOST_REQUESTS


def test_the_same_page_is_not_of_the_same_length_twice(client: Client) -> None:
    """Chance keeps whoever measures from learning what stands in it."""
    client.force_login(make_owner(), backend=settings.AUTHENTICATION_BACKENDS[-1])

    assert len({len(client.get("/vehicles/", headers=ASKS).content) for _ in range(12)}) > 1


@pytest.mark.parametrize("path", ["/admin/login/", "/healthz"])
def test_what_is_not_a_page_of_owners_is_not_compressed(client: Client, path: str) -> None:
    assert "Content-Encoding" not in client.get(path, headers=ASKS)


def test_whoever_cannot_read_gzip_gets_the_page_as_it_is(client: Client) -> None:
    assert b"<h1" in client.get("/", headers={"accept-encoding": "identity"}).content


def test_another_look_at_a_compressed_page_is_a_304(client: Client) -> None:
    shown = client.get("/", headers={**ASKS, "x-looks-again": "1"})

    again = client.get("/", headers={**ASKS, "x-looks-again": "1", "if-none-match": shown["ETag"]})

    assert shown["Content-Encoding"] == "gzip"
    assert (again.status_code, again.content) == (304, b"")
