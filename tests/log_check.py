"""Looks through all that the whole test run logged: what must not stand in a log fails the run.

Each line is looked at as production would print it. The patterns here are not those of the filter, and what a test
really mailed (codes, links) is searched for word by word.
"""

import logging
import re
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import pytest
from django.conf import settings
from django.core import mail

EMAIL = re.compile(r"[^\s@\"'<>\\]+(?:@|%40)[a-z0-9-]+(?:\.[a-z0-9-]+)*\.[a-z]{2,}", re.IGNORECASE)
LINK = re.compile(
    r"/(?:invite|reconnect|reminders)/(?!\[token\]|<|:|\?)[^/\s\"'\\]+|vehicle-onboarding/start/\S"
)
BEARER = re.compile(r"\bBearer (?!\[token\])\S+", re.IGNORECASE)
MAILED_LINK = re.compile(r"/(?:invite|reconnect|reminders)/([^/\s\"<>]+)")
MAILED_CODE = re.compile(r"\b[BCDFGHJKLMNPQRSTVWXZ]{6}\b")


class LogLines(logging.Handler):
    """Keeps what the handler of the settings would print."""

    def __init__(self) -> None:
        super().__init__()
        self.lines: list[str] = []

    def listen(self) -> None:
        root = logging.getLogger()
        (console,) = (handler for handler in root.handlers if handler.name == "console")
        self.filters, self.formatter = console.filters, console.formatter
        if self not in root.handlers:
            root.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(self.format(record))

    def take(self) -> list[str]:
        lines, self.lines = self.lines, []
        return lines


collected = LogLines()
outside_of_tests: list[str] = []


def mailed_secrets() -> set[str]:
    """Codes and tokens in the mails of the test at hand."""
    texts = [f"{message.subject}\n{message.body}" for message in getattr(mail, "outbox", [])]
    return {found for text in texts for found in (*MAILED_LINK.findall(text), *MAILED_CODE.findall(text))}


def leaks(lines: Sequence[str], *, secrets: Collection[str] = ()) -> list[str]:
    """Returns what must not be in the lines, with the line it is in."""
    known = {settings.SECRET_KEY, settings.EV_ENERGY_CLIENT_SECRET, *secrets}
    words = re.compile("|".join(rf"(?<!\w){re.escape(word)}(?!\w)" for word in sorted(known)))
    return [
        f"{found.group()!r} in {line}"
        for line in lines
        for pattern in (EMAIL, LINK, BEARER, words)
        if (found := pattern.search(line))
    ]


def pytest_sessionstart() -> None:
    collected.listen()


@pytest.fixture(autouse=True)
def _logs_hold_no_secret() -> Iterator[None]:
    collected.listen()  # again: a test may have configured logging anew
    outside_of_tests.extend(leaks(collected.take()))
    yield
    if found := leaks(collected.take(), secrets=mailed_secrets()):
        pytest.fail("A log line holds what it must not:\n" + "\n".join(found), pytrace=False)


def pytest_sessionfinish(session: pytest.Session) -> None:
    outside_of_tests.extend(leaks(collected.take()))
    worker_output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if worker_output is not None:
        worker_output["log_leaks"] = outside_of_tests
    elif outside_of_tests:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if outside_of_tests:
        terminalreporter.section("A log line outside of a test holds what it must not", red=True)
        terminalreporter.write_line("\n".join(outside_of_tests))


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """A process of pytest-xdist has ended and hands over what it found."""
    outside_of_tests.extend(getattr(node, "workeroutput", {}).get("log_leaks", []))
