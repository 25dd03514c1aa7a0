"""Arabic runs from right to left: styles know beginning and end, not left and right; data keeps its direction."""

import re
from pathlib import Path

import pytest

from tests.languages.catalogues import isolated

CSS = (Path(__file__).parents[2] / "static/portal.css").read_text()
PLAIN = re.sub(r"/\*.*?\*/", "", CSS, flags=re.DOTALL)
RULES = [(rule.strip(), body) for rule, body in re.findall(r"([^{}]+)\{([^{}]*)\}", PLAIN)]
SIDES = re.compile(r"(?<![\w-])(?:left|right|\w+-(?:left|right))(?![\w-])")
PART = r"([^;\s]+)"
FOUR = re.compile(rf"(?:padding|margin|inset|border-(?:width|color|style)):\s*{PART}\s{PART}\s{PART}\s{PART}")


@pytest.mark.parametrize("rule", [rule for rule, body in RULES if SIDES.search(body)] or ["none"])
def test_no_style_knows_left_and_right(rule: str) -> None:
    assert rule == "none"


def test_sides_of_a_box_are_alike_unless_it_is_turned_into_a_mark() -> None:
    uneven = [
        rule
        for rule, body in RULES
        if any(sides[1] != sides[3] for sides in FOUR.findall(body)) and "rotate:" not in body
    ]

    assert uneven == []


@pytest.mark.parametrize("mark", [".back-link::before", ".choice-list :is(a, button)::after"])
def test_marks_that_point_somewhere_are_turned_round(mark: str) -> None:
    head, _, pseudo = mark.rpartition("::")

    assert f"{head}:dir(rtl)::{pseudo}" in CSS


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ربط %(car)s الآن", "ربط \u2068%(car)s\u2069 الآن"),
        ('<a href="%(car)s">%(car)s</a>', '<a href="%(car)s">\u2068%(car)s\u2069</a>'),
        ("%(stop_url)s %(support_email)s %(link)s %d", "%(stop_url)s %(support_email)s %(link)s %d"),
    ],
)
def test_what_is_filled_in_keeps_its_own_direction(text: str, found: str) -> None:
    assert isolated("ar", text) == found
    assert isolated("de", text) == text
