"""Which colours the stylesheets put on which, read from the stylesheets themselves: nobody has to list them."""

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from onboarding_portal.brand.colours import GROUNDS, LIGHT

FOLDER = Path(__file__).parents[2] / "static"
SHEETS = ["portal.css", "desk.css", "staff.css", "insights.css", "owner.css", "diagnostics.css"]
RULE = re.compile(r"([^{}]+)\{([^{}]*)\}")
DECLARATION = re.compile(r"([a-z-]+)\s*:\s*([^;]+)")
VARIABLE = re.compile(r"var\(--([a-z-]+)")
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)

GRAPHIC = {
    "outline",
    "stroke",
    "fill",
    "border-color",
    "accent-color",
    "box-shadow",
    "border",
    "border-inline-start",
}
# Seen beside something that says the same, or nothing: WCAG asks no contrast of these.
DECORATION = {
    "line": "parts what stands apart without it",
    "shadow": "lifts what has a border",
    "fill": "the border of a button, which its text shows; beside the words of a state",
    "fill-strong": "the same under the pointer",
    "good-soft": "behind a mark that is drawn in its full colour",
    "sunken": "behind a mark that has the focus, beside its outline",
    "warn-soft": "behind a row of a table that has a tick, too",
}
# Written on buttons alone, whose colour is another rule's.
ON_BUTTONS = {"on-fill": ("fill", "fill-strong"), "surface": ("bad", "text")}
Pair = tuple[str, str]


def rules() -> Iterator[tuple[str, dict[str, str]]]:
    """The declarations of every rule, by its file and selector."""
    for name in SHEETS:
        for selector, body in RULE.findall(COMMENT.sub("", (FOLDER / name).read_text())):
            yield f"{name} {' '.join(selector.split())}", dict(DECLARATION.findall(body))


@cache
def admins_names() -> dict[str, str]:
    """Django's names of colours, by ours: what desk.css gives to the admin's variables."""
    text = (FOLDER / "desk.css").read_text()
    return dict(re.findall(r"--([a-z-]+):\s*var\(--([a-z-]+)\)", text))


def colour_in(value: str) -> str:
    """The name of ours in a declaration's value; "" for none, and for colours that have nothing to do with a face."""
    names = [admins_names().get(name, name) for name in VARIABLE.findall(value)]
    return next((name for name in names if name in LIGHT), "")


def texts() -> set[Pair]:
    """Each colour of texts with each it may stand on."""
    found = set()
    for _, body in rules():
        if text := colour_in(body.get("color", "")):
            own = colour_in(body.get("background", "") or body.get("background-color", ""))
            found |= {(text, ground) for ground in ((own,) if own else ON_BUTTONS.get(text, GROUNDS))}
    return found


def graphics() -> set[Pair]:
    """Each colour of what is drawn and means something, with each it may stand on."""
    drawn = {colour_in(value) for _, body in rules() for name, value in body.items() if name in GRAPHIC}
    return {(colour, ground) for colour in drawn - {""} - set(DECORATION) for ground in GROUNDS}
