"""The environment as the settings read it: an empty line means the default, a wrong word stops the start.

Taking a misspelt "true" for "false" could switch a safety off, so nothing is guessed.
"""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import environ
from django.core.exceptions import ImproperlyConfigured

T = TypeVar("T", int, float)

WORDS = {
    **dict.fromkeys(("true", "yes", "on", "1"), True),
    **dict.fromkeys(("false", "no", "off", "0"), False),
}


def variables() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if value.strip()}


class Environment:
    """Variables of the process, then those of the file; raises ImproperlyConfigured with a variable's name.

    Texts, lists and addresses are read by django-environ: `str`, `list`, `db`, `cache`, `email`.
    """

    def __init__(self, *, file: Path) -> None:
        environ.Env.read_env(file)
        self.values = variables()
        self._reader = environ.Env()
        self._reader.ENVIRON = self.values

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reader, name)

    def yes_or_no(self, name: str, *, default: bool) -> bool:
        text = self.values.get(name)
        if text is None:
            return default
        if text.strip().lower() not in WORDS:
            raise ImproperlyConfigured(f"{name} is neither true nor false. Set it to one of them.")
        return WORDS[text.strip().lower()]

    def one_of(self, name: str, choices: Sequence[str], *, default: str) -> str:
        value = self.values.get(name, default).strip()
        if value not in choices:
            raise ImproperlyConfigured(f"{name} is none of {', '.join(choices)}. Set it to one of them.")
        return value

    def whole_number(self, name: str, *, default: int) -> int:
        return self._number(name, int, default, "a whole number")

    def number(self, name: str, *, default: float) -> float:
        return self._number(name, float, default, "a number")

    def _number(self, name: str, read: Callable[[str], T], default: T, kind: str) -> T:
        text = self.values.get(name)
        try:
            return default if text is None else read(text)
        except ValueError:
            raise ImproperlyConfigured(
                f"{name} is not {kind}. Set it to {kind}, or leave it empty."
            ) from None
