"""How each language counts: CLDR's rules for whole numbers, as gettext writes them.

A test holds them against CLDR's own. Django's rules are others for some languages (Welsh has six forms, Django four);
each catalogue counts by its own.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Counting:
    forms: tuple[str, ...]  # CLDR's names, in the order of msgstr[0], msgstr[1], …
    rule: str

    @property
    def header(self) -> str:
        return f"nplurals={len(self.forms)}; plural=({self.rule});"


_ONE = Counting(("one", "other"), "n != 1")
COUNTING = {
    **dict.fromkeys(["da", "de", "el", "en", "es", "fi", "hu", "it", "nb", "nl", "pt", "sv"], _ONE),
    "fr": Counting(("one", "other"), "n > 1"),
    "cs": Counting(("one", "few", "other"), "n == 1 ? 0 : n >= 2 && n <= 4 ? 1 : 2"),
    "pl": Counting(
        ("one", "few", "many"),
        "n == 1 ? 0 : n % 10 >= 2 && n % 10 <= 4 && (n % 100 < 12 || n % 100 > 14) ? 1 : 2",
    ),
    "ro": Counting(("one", "few", "other"), "n == 1 ? 0 : n == 0 || (n % 100 >= 1 && n % 100 <= 19) ? 1 : 2"),
    "cy": Counting(
        ("zero", "one", "two", "few", "many", "other"),
        "n == 0 ? 0 : n == 1 ? 1 : n == 2 ? 2 : n == 3 ? 3 : n == 6 ? 4 : 5",
    ),
    "ar": Counting(
        ("zero", "one", "two", "few", "many", "other"),
        "n == 0 ? 0 : n == 1 ? 1 : n == 2 ? 2 : n % 100 >= 3 && n % 100 <= 10 ? 3 : n % 100 >= 11 ? 4 : 5",
    ),
}
EXAMPLES = {
    "pl": {"one": "1", "few": "2, 3, 4, 22", "many": "0, 5, 11, 12, 25"},
    "cs": {"one": "1", "few": "2, 3, 4", "other": "0, 5, 11, 100"},
    "ro": {"one": "1", "few": "0, 2, 19, 101", "other": "20, 21, 100 (with “de”)"},
    "cy": {"zero": "0", "one": "1", "two": "2", "few": "3", "many": "6", "other": "4, 5, 7, 20"},
    "ar": {
        "zero": "0",
        "one": "1",
        "two": "2",
        "few": "3, 4, 10, 103",
        "many": "11, 25, 99, 111",
        "other": "100, 102, 200",
    },
}


def examples(language: str, form: str) -> str:
    """Numbers that take this form, for translators."""
    if language in EXAMPLES:
        return EXAMPLES[language][form]
    if form == "other":
        return "2, 3, 10, 100" if language == "fr" else "0, 2, 3, 10, 100"
    return "0, 1" if language == "fr" else "1"
