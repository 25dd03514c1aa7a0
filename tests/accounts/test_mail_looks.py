"""Every kind of e-mail: one layout, what mail programs understand, a text as good as the HTML."""

import io
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings
from django.utils import translation
from PIL import Image
from pytest_django import Settings

from onboarding_portal.accounts.mail import KINDS
from onboarding_portal.brand.contact import read_hours
from onboarding_portal.brand.mail import compose
from onboarding_portal.operations.components.mails import EXAMPLES
from onboarding_portal.operations.engine.telling import ALARM
from tests.accounts.mail_examples import NAMES, Letter, letter
from tests.accounts.mail_programs import (
    DISPLAYS,
    ELEMENTS,
    HARMLESS_WITHOUT,
    MEDIA,
    NO_FUNCTIONS,
    ONLY_ON,
    OURS_AT_MOST,
    SAFE_PROPERTIES,
)

BLOCKS = {"p", "h2", "td", "div", "tr", "table", "title", "br"}
PAGES = {
    "BRAND_PRIVACY_URL": "https://brightfield.example/privacy",
    "BRAND_TERMS_URL": "https://brightfield.example/terms",
    "BRAND_HELP_URL": "https://brightfield.example/help",
    "BRAND_PHONE": "+44 20 7946 0000",
    "BRAND_SUPPORT_HOURS": read_hours("Mo-Fr 8-18"),
}
RULE = re.compile(r"([a-z-]+)\s*:\s*([^;{}]+)")


class Read(HTMLParser):
    """What is in a letter: elements with their attributes, what people read in blocks, the rules of its head."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.blocks: list[str] = [""]
        self.labels: list[str] = []
        self.rules = ""
        self._within: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        self._within.append(tag)
        if tag in BLOCKS:
            self.blocks.append("")
        if tag == "a":
            self.labels.append("")

    def handle_endtag(self, tag: str) -> None:
        while self._within and self._within.pop() != tag:
            pass
        if tag in BLOCKS:
            self.blocks.append("")

    def handle_data(self, data: str) -> None:
        if "style" in self._within:
            self.rules += data
        elif "a" in self._within:
            self.labels[-1] += data
        elif "head" not in self._within:
            self.blocks[-1] += data

    @property
    def sentences(self) -> list[str]:
        """Without the invisible filling after the preheader."""
        texts = (re.sub("[\u034f\u200c\xa0]", " ", block) for block in self.blocks)
        return [text for text in (" ".join(text.split()) for text in texts) if text]

    @property
    def links(self) -> list[str]:
        return [attrs["href"] for tag, attrs in self.elements if tag == "a"]


@pytest.fixture(autouse=True)
def _company_with_all(settings: Settings) -> None:
    for name, value in PAGES.items():
        setattr(settings, name, value)


@pytest.fixture(params=NAMES, ids=" ".join)
def each(request: pytest.FixtureRequest) -> Letter:
    template, example = request.param
    return letter(template, example)


def test_every_kind_has_an_example() -> None:
    assert set(EXAMPLES) == {*KINDS, ALARM}


def test_it_uses_only_what_mail_programs_understand(each: Letter) -> None:
    read = Read(each.html)
    used = {tag for tag, _ in read.elements}

    assert used <= ELEMENTS
    for tag, attrs in read.elements:
        assert not [name for name in attrs if name.startswith("on")]
        for name, value in RULE.findall(attrs.get("style", "")):
            assert name in SAFE_PROPERTIES | set(HARMLESS_WITHOUT) | set(ONLY_ON), name
            assert tag in ONLY_ON.get(name, {tag}), f"{name} on {tag}"
            assert name != "display" or value.strip() in DISPLAYS
            assert not [function for function in NO_FUNCTIONS if function in value]
            assert "!important" not in value


def test_its_head_has_rules_for_dark_screens_alone(each: Letter) -> None:
    rules = Read(each.html).rules
    queries = re.findall(r"@([a-z-]+)\s+([^{]*)", rules)
    inner = rules.partition("{")[2]

    assert {name for name, _ in queries} == {"media"}
    assert {query.strip() for _, query in queries} == MEDIA
    properties = {name for name, _ in RULE.findall(re.sub(r"[^{}]+\{", "{", inner))}
    assert properties <= {"color", "background-color", "border-color"}
    assert all("!important" in value for _, value in RULE.findall(re.sub(r"[^{}]+\{", "{", inner)))


def test_it_is_small_and_absolute_and_says_what_its_tables_are(each: Letter) -> None:
    read = Read(each.html)

    assert len(each.html.encode()) < OURS_AT_MOST
    assert read.links
    assert all(re.match(r"(https?://[^/]|mailto:[^@]+@|tel:\+?\d)", link) for link in read.links)
    for tag, attrs in read.elements:
        if tag == "table":
            assert attrs["role"] == "presentation"
        if tag == "img":
            assert "alt" in attrs
            assert attrs["src"].startswith("cid:")


def test_its_text_is_as_good_as_its_html(each: Letter) -> None:
    read = Read(each.html)
    text = " ".join(each.text.split())
    preheader, *said = read.sentences

    assert preheader
    # The company's name above the letter is the sender's, and below the text.
    assert [sentence for sentence in said if sentence.rstrip(":") not in text] == []
    for link in read.links:
        assert link.removeprefix("mailto:") in text or (
            link.startswith("tel:") and PAGES["BRAND_PHONE"] in text
        )
    assert "\n\n\n" not in each.text
    assert not re.search(r"&\w+;|<\w", each.text)


def test_it_says_why_one_got_it_and_where_to_ask(each: Letter) -> None:
    foot = each.text.partition("\n--\n")[2]

    assert "You get this e-mail because" in foot
    assert re.search(r"\b(If|You did not ask)\b", foot)  # what to do if it was not meant
    assert "https://brightfield.example/privacy" in foot
    is_for_who_runs_it = each.name.startswith(ALARM)  # owners' support knows nothing of it
    for value in ("help@brightfield.example", "+44 20 7946 0000"):
        assert (value in foot) is not is_for_who_runs_it


def test_its_words_stand_beside_the_subject_and_say_something_else(each: Letter) -> None:
    preheader = Read(each.html).sentences[0]

    assert len(preheader) > 15 or "," in preheader
    assert preheader != each.subject


@pytest.mark.parametrize(("language", "direction", "side"), [("en", "ltr", "left"), ("ar", "rtl", "right")])
def test_it_says_its_language_and_direction_where_webmail_keeps_it(
    language: str, direction: str, side: str
) -> None:
    with translation.override(language):
        html = letter("reconnects/mail/reconnect").html
    read = Read(html)

    (page,) = (attrs for tag, attrs in read.elements if tag == "html")
    outer = next(attrs for tag, attrs in read.elements if tag == "table")
    for attrs in (page, outer):
        assert (attrs["lang"], attrs["dir"]) == (language, direction)
    cells = [
        attrs["align"]
        for tag, attrs in read.elements
        if tag == "td" and attrs.get("class") in {"text", "foot"}
    ]
    assert set(cells) == {side}


def test_codes_and_numbers_are_not_turned_round_in_arabic() -> None:
    with translation.override("ar"):
        html = letter("account/email/login_code").html

    assert re.search(r'<span dir="ltr">[^<]+</span>', html)


def wide_png(folder: Path) -> str:
    path = folder / "logo.png"
    Image.new("RGB", (900, 300), "#0b5fff").save(path)
    return str(path)


def test_a_png_logo_comes_along_small_and_is_shown_from_within(tmp_path: Path, settings: Settings) -> None:
    settings.BRAND_LOGO = wide_png(tmp_path)
    context: dict[str, Any] = EXAMPLES["reconnects/mail/reconnect"][""]()

    message = compose(template="reconnects/mail/reconnect", to=["jo@example.com"], context=context).message()

    (image,) = (part for part in message.walk() if part.get_content_type() == "image/png")
    assert image["Content-ID"] == "<logo>"
    assert image.get_content_disposition() == "inline"
    data = image.get_payload(decode=True)
    assert isinstance(data, bytes)
    with Image.open(io.BytesIO(data)) as picture:
        assert picture.size == (192, 64)
    (html,) = (part for part in message.walk() if part.get_content_type() == "text/html")
    body = html.get_payload(decode=True)
    assert isinstance(body, bytes)
    (shown,) = (attrs for tag, attrs in Read(body.decode()).elements if tag == "img")
    assert (shown["src"], shown["width"], shown["height"], shown["alt"]) == ("cid:logo", "96", "32", "")


def test_a_logo_that_mail_programs_do_not_show_is_the_companys_name() -> None:
    svg = str(Path(__file__).parents[1] / "brand/logo.svg")
    with override_settings(BRAND_LOGO=svg):
        html = letter("accounts/email/no_code").html

    assert "<img" not in html
    assert "Brightfield Energy" in html
