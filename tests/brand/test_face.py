"""The company's name, colour, logo and favicon: on owners' pages, in e-mails and in the admin, from our origin."""

import gzip
import io
import re
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.core import mail
from django.test import Client
from PIL import Image, PngImagePlugin
from pytest_django import Settings

from onboarding_portal.accounts.mail import send_mail
from onboarding_portal.brand.face import face
from onboarding_portal.brand.pictures import LARGEST_FILE, LARGEST_SIDE, NotUsable, read_picture

PAGES = ["/", "/accounts/login/", "/admin/login/", "/no/such/page/"]
LOGO = str(Path(__file__).with_name("logo.svg"))
HOSTILE = b"""<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "aaa">]>
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 10" onload="alert(1)"><script>alert(1)</script>
<!-- secret --><style>.a{background:url(https://evil.example/x)}</style><image href="https://evil.example/y"/>
<a href="javascript:alert(1)"><path d="M0 0h1"/></a><foreignObject><iframe/></foreignObject></svg>"""


@pytest.fixture
def branded(settings: Settings) -> None:
    settings.BRAND_ACCENT_COLOUR, settings.BRAND_LOGO, settings.BRAND_FAVICON = "#0b5fff", LOGO, LOGO


@pytest.mark.django_db
@pytest.mark.usefixtures("branded")
@pytest.mark.parametrize("path", PAGES)
def test_every_page_wears_the_companys_face(client: Client, path: str) -> None:
    page = client.get(path).content.decode()

    assert "Brightfield Energy" in page
    assert re.search(r'<link rel="icon" href="/brand/\w{12}/favicon.svg" type="image/svg\+xml">', page)
    assert re.search(r'<link rel="stylesheet" href="/brand/\w{12}/colours.css">', page)
    assert re.search(r'<img class="site-logo" src="/brand/\w{12}/logo.svg" alt=""', page)


@pytest.mark.usefixtures("branded")
def test_its_files_are_served_for_ever_to_everybody_without_a_session() -> None:
    for url, file in face().files.items():
        answer = Client().get(url, headers={"Cookie": "session=abc", "Accept-Encoding": "gzip"})

        assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
        assert answer["Content-Type"] == file.content_type
        assert gzip.decompress(answer.content) == file.data == Client().get(url).content
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "script-src 'self'" in answer["Content-Security-Policy"]
        assert Client().post(url).status_code == 405
    assert "--fill: #0b5fff;" in face().colours.data.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("path", PAGES)
def test_a_logo_for_dark_pages_is_there_beside_the_one_for_light_ones(
    client: Client, settings: Settings, tmp_path: Path, path: str
) -> None:
    (tmp_path / "dark").write_bytes(png(300, 100))
    settings.BRAND_LOGO, settings.BRAND_LOGO_DARK = LOGO, str(tmp_path / "dark")

    page = client.get(path).content.decode()

    found = re.findall(
        r'<img class="site-logo (logo-\w+)" src="([^"]+)" alt="" width="(\d+)" height="32"', page
    )
    assert [(name, width) for name, _, width in found] == [("logo-light", "64"), ("logo-dark", "96")]
    assert page.count('loading="lazy"') == 2  # which is not shown is not fetched
    for _, address, _ in found:
        assert client.get(address).status_code == 200
    assert ".logo-dark { display: none; }" in face().colours.data.decode()


@pytest.mark.parametrize("name", ["BRAND_LOGO", "BRAND_LOGO_DARK"])
def test_one_logo_is_on_light_and_dark_pages(settings: Settings, name: str) -> None:
    setattr(settings, name, LOGO)
    logos = face().logos

    assert logos
    assert not logos.are_two
    assert logos.light.width == 64


@pytest.mark.parametrize(
    ("radius", "words"),
    [(0, "--radius: 0rem; --radius-small: 0rem"), (24, "--radius: 1.5rem; --radius-small: 1rem")],
)
def test_corners_and_font_are_the_companys(settings: Settings, radius: int, words: str) -> None:
    settings.BRAND_CORNER_RADIUS, settings.BRAND_FONT = radius, "serif"
    stylesheet = face().colours.data.decode()

    assert words in stylesheet
    assert "--font: Charter" in stylesheet
    for sheet in ("portal.css", "desk.css"):
        assert "var(--font)" in (django_settings.BASE_DIR / "static" / sheet).read_text()


@pytest.mark.django_db
def test_another_face_has_other_addresses(settings: Settings) -> None:
    old = face().colours.url
    settings.BRAND_ACCENT_COLOUR = "#aa0000"

    assert face().colours.url != old
    assert Client().get(old).status_code == 404


@pytest.mark.django_db
@pytest.mark.usefixtures("branded")
def test_e_mails_have_the_companys_colour_and_name() -> None:
    send_mail(template="accounts/email/no_code", to="jo@example.com", context={})

    body = str(mail.outbox[0].alternatives[0].content)
    assert "#0b5fff" in body
    assert "Brightfield Energy" in body


def test_svg_is_written_anew_without_what_could_act(tmp_path: Path) -> None:
    (tmp_path / "logo").write_bytes(HOSTILE)

    data = read_picture(str(tmp_path / "logo")).data

    for bad in (b"script", b"alert", b"onload", b"evil", b"foreignObject", b"iframe", b"secret", b"ENTITY"):
        assert bad not in data
    assert b"M0 0h1" in data


def test_png_is_written_anew_without_what_came_along(tmp_path: Path) -> None:
    image, extra = Image.new("RGB", (40, 20), "#0b5fff"), PngImagePlugin.PngInfo()
    extra.add_text("Author", "Jo Secret")
    image.save(tmp_path / "logo.png", pnginfo=extra)
    with (tmp_path / "logo.png").open("ab") as file:
        file.write(b"<script>alert(1)</script>")

    picture = read_picture(str(tmp_path / "logo.png"))

    assert picture.content_type == "image/png"
    assert b"Secret" not in picture.data
    assert b"script" not in picture.data
    with Image.open(io.BytesIO(picture.data)) as written:
        assert written.size == (40, 20)


def png(width: int, height: int) -> bytes:
    out = io.BytesIO()
    Image.new("1", (width, height)).save(out, "PNG")
    return out.getvalue()


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "neither a PNG nor an SVG"),
        (b"GIF89a", "neither a PNG nor an SVG"),
        (b"<html><svg/></html>", "neither a PNG nor an SVG"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "without a viewBox"),
        (png(8, 8)[:-30], "damaged"),
        (png(LARGEST_SIDE + 1, 1), "pixels a side"),
        (b" " * (LARGEST_FILE + 1), "more than 256 KB"),
    ],
)
def test_what_cannot_be_shown_is_told_before_the_start(tmp_path: Path, data: bytes, why: str) -> None:
    (tmp_path / "logo").write_bytes(data)

    with pytest.raises(NotUsable, match=why):
        read_picture(str(tmp_path / "logo"))
