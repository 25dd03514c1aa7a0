"""Logos are fetched from public addresses alone, looked at, written anew, kept, and served by the portal itself."""

import io
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest
from django.test import Client
from PIL import Image, PngImagePlugin

from onboarding_portal.catalogue.logos import fetch_due
from onboarding_portal.catalogue.models import Make, MakeLogo
from tests.factories import NOW, make_make, make_model, make_owner

pytestmark = pytest.mark.django_db

SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">'
    b'<script>alert(1)</script><rect width="9" height="9"/></svg>'
)


def png() -> bytes:
    out, words = io.BytesIO(), PngImagePlugin.PngInfo()
    words.add_text("Comment", "made in the office")
    Image.new("RGB", (20, 20), "red").save(out, "PNG", pnginfo=words)
    return out.getvalue()


class Logos(BaseHTTPRequestHandler):
    asked: ClassVar[list[str]] = []
    bodies: ClassVar[dict[str, bytes]] = {
        "/a.svg": SVG,
        "/a.png": png(),
        "/text": b"<html>not a picture</html>",
        "/long": b"\x89PNG\r\n\x1a\n" + b"x" * 300_000,
        "/bomb": b"\x89PNG\r\n\x1a\n" + b"\0" * 100,
    }

    def do_GET(self) -> None:
        self.asked.append(self.path)
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/a.png")
            self.end_headers()
            return
        body = self.bodies.get(self.path, b"")
        self.send_response(200 if body else 404)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_words: object) -> None:
        pass


@pytest.fixture
def server(settings) -> Iterator[str]:
    Logos.asked.clear()
    with ThreadingHTTPServer(("127.0.0.1", 0), Logos) as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        settings.LOCAL_ORIGINS = [f"http://127.0.0.1:{running.server_port}"]
        yield settings.LOCAL_ORIGINS[0]
        running.shutdown()
        thread.join()


@pytest.mark.parametrize(("path", "kind"), [("/a.svg", "image/svg+xml"), ("/a.png", "image/png")])
def test_a_logo_is_served_from_here_without_what_came_along(
    server: str, client: Client, path: str, kind: str
) -> None:
    make = make_make(icon_url=server + path)

    fetch_due(now=NOW)

    logo = MakeLogo.objects.get(make=make)
    answer = client.get(logo.address)
    assert (answer.status_code, answer["Content-Type"]) == (200, kind)
    assert "immutable" in answer["Cache-Control"]
    assert "Set-Cookie" not in answer
    assert b"alert" not in answer.content
    assert b"made in the office" not in answer.content


@pytest.mark.parametrize("path", ["/text", "/long", "/bomb", "/none", "/moved"])
def test_what_is_no_logo_is_not_kept(server: str, path: str) -> None:
    make = make_make(icon_url=server + path)

    fetch_due(now=NOW)

    logo = MakeLogo.objects.get(make=make)
    assert logo.trouble
    assert (logo.address, bytes(logo.picture)) == ("", b"")
    assert Logos.asked == [path]


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/a.png", "https://169.254.169.254/a", "http://example.com/a"]
)
def test_what_is_behind_the_portal_is_not_asked(url: str) -> None:
    make = make_make(icon_url=url)

    fetch_due(now=NOW)

    assert MakeLogo.objects.get(make=make).trouble


def test_a_logo_is_asked_for_once_until_it_moves_or_is_old(server: str) -> None:
    make = make_make(icon_url=f"{server}/a.png")

    assert [fetch_due(now=NOW), fetch_due(now=NOW), fetch_due(now=NOW + timedelta(days=31))] == [1, 0, 1]
    Make.objects.filter(pk=make.pk).update(icon_url=f"{server}/a.svg")
    assert fetch_due(now=NOW + timedelta(days=31)) == 1
    assert MakeLogo.objects.get().suffix == "svg"


def test_a_logo_that_cannot_be_had_any_more_stays(server: str) -> None:
    make = make_make(icon_url=f"{server}/a.png")
    fetch_due(now=NOW)
    Make.objects.filter(pk=make.pk).update(icon_url=f"{server}/none")

    fetch_due(now=NOW)

    assert MakeLogo.objects.get().address
    assert fetch_due(now=NOW) == 0
    assert fetch_due(now=NOW + timedelta(days=2)) == 1


def test_a_makes_page_shows_its_logo_and_the_list_loads_none(server: str, client: Client) -> None:
    make = make_make(icon_url=f"{server}/a.png", onboardable=True)
    model = make_model(make=make_make(icon_url=f"{server}/a.svg"))
    fetch_due(now=NOW)
    client.force_login(make_owner())

    for page in (f"/connect/{make.pk}/", f"/connect/{model.make_id}/"):
        assert '<img src="/logos/' in client.get(page).content.decode()
    assert "/logos/" not in client.get("/connect/").content.decode()
    assert "/logos/" not in client.get("/connect/?q=volvo").content.decode()
