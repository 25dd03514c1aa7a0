"""Colours of the pages, light and dark, and what a company's own colour makes of them.

The contrast of two colours is WCAG's; AA asks 4.5 of text. Whatever the company's colour, texts in it are made darker
(on light pages) or lighter (on dark ones) until they have that on every ground; buttons keep the colour itself, with
black or white on it, one of which always has it.
"""

import colorsys
import re
from collections.abc import Callable

Scheme = dict[str, str]

AA = 4.5
HEX = re.compile(r"#?([0-9a-f]{6}|[0-9a-f]{3})", re.IGNORECASE)
WHITE, BLACK = "#ffffff", "#000000"
STEP = 0.01
HOVER_STEPS = 8  # how much darker, or lighter, what the pointer is on becomes
GROUNDS = ("page", "surface", "sunken", "good-soft", "warn-soft", "bad-soft")

LIGHT: Scheme = {
    "page": "#f4f6f3",
    "surface": "#ffffff",
    "sunken": "#e9eeea",
    "text": "#15201b",
    "muted": "#52605a",
    "line": "#d8dfda",
    "edge": "#74827b",
    "accent": "#08694c",
    "accent-strong": "#05513a",
    "fill": "#08694c",
    "fill-strong": "#05513a",
    "on-fill": "#ffffff",
    "good": "#0b5c3f",
    "good-soft": "#e0f2e8",
    "warn": "#744300",
    "warn-soft": "#fcefd6",
    "bad": "#a01f1a",
    "bad-soft": "#fce9e8",
    "shadow": "0 1px 2px #15201b0f, 0 4px 16px #15201b0d",
}
DARK: Scheme = {
    "page": "#0e1412",
    "surface": "#18211d",
    "sunken": "#222d28",
    "text": "#e7eeea",
    "muted": "#a5b3ac",
    "line": "#2c3933",
    "edge": "#7b8d84",
    "accent": "#69d5a7",
    "accent-strong": "#8ae3bd",
    "fill": "#69d5a7",
    "fill-strong": "#8ae3bd",
    "on-fill": "#04231a",
    "good": "#84dfb5",
    "good-soft": "#12332a",
    "warn": "#f3c677",
    "warn-soft": "#3a2b10",
    "bad": "#ff9d94",
    "bad-soft": "#43201d",
    "shadow": "0 1px 2px #0006",
}


class NoColour(ValueError):
    """The text is no colour as `#08694c`."""


def colour(text: str) -> str:
    """The colour as `#08694c`, from that, with three digits, or without the #. Raises NoColour."""
    found = HEX.fullmatch(text.strip())
    if not found:
        raise NoColour
    digits = found[1].lower()
    return "#" + ("".join(digit * 2 for digit in digits) if len(digits) == 3 else digits)


def contrast(one: str, other: str) -> float:
    """From 1, no difference, to 21, black and white."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def schemes(accent: str) -> tuple[Scheme, Scheme]:
    """The colours of light and of dark pages. `accent` is the company's colour, or "" for the portal's own."""
    if not accent:
        return LIGHT, DARK
    return {**LIGHT, **_own(accent, LIGHT, _darker)}, {**DARK, **_own(accent, DARK, _lighter)}


def _own(accent: str, scheme: Scheme, further: Callable[[str], str]) -> Scheme:
    text = accent
    while any(contrast(text, scheme[ground]) < AA for ground in GROUNDS):
        text = further(text)
    on_fill = max((WHITE, BLACK), key=lambda ink: contrast(ink, accent))
    return {
        "accent": text,
        "accent-strong": _repeated(further, text),
        "fill": accent,
        "fill-strong": _repeated(_darker if on_fill == WHITE else _lighter, accent),
        "on-fill": on_fill,
    }


def _repeated(further: Callable[[str], str], start: str) -> str:
    for _time in range(HOVER_STEPS):
        start = further(start)
    return start


def _darker(of: str) -> str:
    return _moved(of, -STEP)


def _lighter(of: str) -> str:
    return _moved(of, STEP)


def _moved(of: str, step: float) -> str:
    hue, lightness, saturation = colorsys.rgb_to_hls(*(channel / 255 for channel in _channels(of)))
    lightness = min(1.0, max(0.0, lightness + step))
    moved = [round(255 * channel) for channel in colorsys.hls_to_rgb(hue, lightness, saturation)]
    return "#{:02x}{:02x}{:02x}".format(*moved)


def _luminance(of: str) -> float:
    red, green, blue = (_linear(channel / 255) for channel in _channels(of))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def _channels(of: str) -> list[int]:
    return list(bytes.fromhex(of.removeprefix("#")))
