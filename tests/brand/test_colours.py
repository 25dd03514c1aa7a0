"""Whatever colour the company has: every text in it, and on it, can be read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from onboarding_portal.brand.colours import (
    AA,
    DARK,
    GROUNDS,
    LIGHT,
    NoColour,
    Scheme,
    colour,
    contrast,
    schemes,
)

COLOURS = st.integers(0, 0xFFFFFF).map("#{:06x}".format)


def worst_contrast(scheme: Scheme) -> float:
    texts = [(text, ground) for text in ("accent", "accent-strong") for ground in GROUNDS]
    texts += [("on-fill", "fill"), ("on-fill", "fill-strong")]
    texts += [(text, ground) for text in ("text", "muted") for ground in GROUNDS]
    texts += [(kind, f"{kind}-soft") for kind in ("good", "warn", "bad")]
    texts += [("text", f"{kind}-soft") for kind in ("good", "warn", "bad")]
    texts += [(kind, ground) for kind in ("good", "warn", "bad") for ground in ("page", "surface")]
    return min(contrast(scheme[text], scheme[ground]) for text, ground in texts)


@given(COLOURS)
def test_text_in_and_on_any_colour_has_the_contrast_of_aa(accent: str) -> None:
    for scheme in schemes(accent):
        assert worst_contrast(scheme) >= AA
        assert scheme["fill"] == accent


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
def test_the_portals_own_colours_have_it_too(scheme: Scheme) -> None:
    assert worst_contrast(scheme) >= AA
    assert min(contrast(scheme["edge"], scheme[ground]) for ground in GROUNDS) >= 3  # borders of fields
    assert schemes("") == (LIGHT, DARK)


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
