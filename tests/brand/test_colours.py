"""Whatever colour the company has: every text in it, and on it, can be read."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from onboarding_portal.brand.colours import (
    AA,
    DARK,
    LIGHT,
    NoColour,
    Scheme,
    colour,
    contrast,
    schemes,
)
from tests.brand import stylesheets

GRAPHIC = 3  # WCAG of what is no text
COLOURS = st.integers(0, 0xFFFFFF).map("#{:06x}".format)


TEXTS, GRAPHICS = stylesheets.texts(), stylesheets.graphics()
# E-mails have no stylesheet: what includes/mail.html puts on what.
MAIL = {("text", "surface"), ("muted", "surface"), ("accent", "surface"), ("on-fill", "fill")}


def unreadable(scheme: Scheme) -> list[str]:
    """What is written or drawn with too little contrast, with its ratio."""
    asked = [(pair, AA) for pair in TEXTS | MAIL] + [(pair, GRAPHIC) for pair in GRAPHICS]
    found = [(pair, contrast(scheme[pair[0]], scheme[pair[1]]), least) for pair, least in asked]
    return [f"{pair[0]} on {pair[1]}: {ratio:.2f}" for pair, ratio, least in found if ratio < least]


@given(COLOURS)
@example("#ffffff")
@example("#000000")
@example("#ffff00")
@example("#808080")
def test_whatever_is_written_or_drawn_in_any_colour_can_be_seen(accent: str) -> None:
    for scheme in schemes(accent):
        assert unreadable(scheme) == []
        assert scheme["fill"] == accent


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
def test_the_portals_own_colours_have_it_too(scheme: Scheme) -> None:
    assert unreadable(scheme) == []
    assert schemes("") == (LIGHT, DARK)


@pytest.mark.parametrize("colour_of_text", ["text", "muted", "accent", "edge", "on-fill"])
def test_a_colour_that_cannot_be_read_is_found(colour_of_text: str) -> None:
    faint = {**LIGHT, colour_of_text: LIGHT["fill"] if colour_of_text == "on-fill" else LIGHT["line"]}

    assert unreadable(faint)


def test_the_pairs_are_those_of_the_stylesheets() -> None:
    assert {
        ("accent", "warn-soft"),
        ("on-fill", "fill-strong"),
        ("bad", "bad-soft"),
        ("muted", "page"),
    } <= TEXTS
    assert {("accent", "page"), ("edge", "surface")} <= GRAPHICS
    assert {name for pair in TEXTS | GRAPHICS for name in pair} <= set(LIGHT)


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize(
    ("text", "meant"), [("#0B5FFF", "#0b5fff"), (" 0b5fff ", "#0b5fff"), ("#Fa0", "#ffaa00")]
)
def test_colours_are_read_as_people_write_them(text: str, meant: str) -> None:
    assert colour(text) == meant


@pytest.mark.parametrize(
    "text", ["", "blue", "#12", "#12345g", "#1234567", "rgb(1,2,3)", "#fff;}body{", "#ﬀﬀﬀ"]
)
def test_what_is_no_colour_is_refused(text: str) -> None:
    with pytest.raises(NoColour):
        colour(text)
