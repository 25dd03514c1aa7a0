"""Keeps out of the logs what must not be in them, whoever writes the line.

Django logs the path of every request it refuses, and some paths are secrets: who holds the link holds the right.
Database errors quote values, and values are e-mail addresses. So every handler has this one filter.
"""

import logging
import re
from collections.abc import Iterable, Mapping
from urllib.parse import unquote, urlsplit

# What is removed, by its look, in this order. Patterns stop before quotes and backslashes.
PATTERNS: list[tuple[re.Pattern[str], str]] = [
    (re.compile(r"""\b(bearer|basic)\s+[\w.~+/=-]{6,}""", re.IGNORECASE), r"\1 [token]"),
    (
        re.compile(
            # Not any word that ends so: "fetch_token: ok" tells of an operation.
            r"""((?:(?<![a-z_])(?:access_token|refresh_token|csrfmiddlewaretoken|token|client_secret|secret|code)"""
            r"""|\b\w*password|\bsessionid)["']?\s*[=:]\s*["']?)"""
            r"""(?!\[)[^\s"'\\&,;<>{}()\[\]]{6,}""",
            re.IGNORECASE,
        ),
        r"\1[secret]",
    ),
    (re.compile(r"""\?[\w.%~\[\]-]+=[^\s"'<>\\]*"""), "?[query]"),
    # The portal's own lasting links, and returns, whose attempt is nobody else's business.
    (re.compile(r"""/(invite|reconnect|reminders|return)/[\w%.~=+-][\w%.~=+:-]*"""), r"/\1/[token]"),
    # Links ev.energy and the manufacturers hand out: their hosts are not knowable, their paths are.
    (
        re.compile(r"""(https?://[^/\s"'\\]+)/[^\s"'<>\\]*(?:reconnect|onboarding)[^\s"'<>\\]*"""),
        r"\1/[link]",
    ),
    # From the beginning of such a word only: the path of a page nobody has is logged, and it may be a long one.
    (
        re.compile(
            r"""(?<![\w.!#$%&'*+/=^`{|}~-])[\w.!#$%&'*+/=^`{|}~-]+(?:@|%40)[\w-]+(\.[\w-]+)+""",
        ),
        "[email]",
    ),
    # A long word of upper case, lower case and digits is a token; ev.energy's ids have a shape of their own.
    (
        re.compile(
            r"(?<![\w-])(?![a-z]{4}[A-Z0-9]{26}(?![\w-]))(?=[\w-]*[a-z])(?=[\w-]*[A-Z])(?=[\w-]*\d)"
            r"[A-Za-z0-9_-]{28,}(?![\w-])"
        ),
        "[token]",
    ),
    # A sign-in code: six consonants, as allauth makes them.
    (re.compile(r"(?<![A-Za-z])[BCDFGHJKLMNPQRSTVWXZ]{6}(?![A-Za-z])"), "[code]"),
]
SHORTEST_SECRET = 8  # shorter ones are words that may stand anywhere
SECRET_NAMES = ("SECRET_KEY", "EV_ENERGY_CLIENT_SECRET")
URLS_WITH_PASSWORDS = ("DATABASE_URL", "CACHE_URL", "EMAIL_URL")
PLAIN_TYPES = (bool, int, float, type(None))
# What a record has without anybody's doing; everything else in it is somebody's `extra`.
OWN_ATTRIBUTES = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "request_id"}


def redact(text: str, *, secrets: Iterable[str] = ()) -> str:
    """Returns the text without `secrets`, e-mail addresses, tokens, codes, queries and links that open something."""
    for secret in secrets:
        text = text.replace(secret, "[secret]")
    for pattern, replacement in PATTERNS:
        text = pattern.sub(replacement, text)
    return text


def secret_values(environ: Mapping[str, str]) -> list[str]:
    """Returns the secrets the portal was started with, the longest first, passwords in addresses included."""
    values = {environ.get(name, "") for name in SECRET_NAMES}
    for name in URLS_WITH_PASSWORDS:
        password = _password_in(environ.get(name, ""))
        values |= {password, unquote(password)}
    return sorted((value for value in values if len(value) >= SHORTEST_SECRET), key=len, reverse=True)


def _password_in(url: str) -> str:
    try:
        return urlsplit(url).password or ""
    except ValueError:
        return ""


class RedactSecrets(logging.Filter):
    """Changes the record itself, so that every formatter prints only what is left."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        super().__init__()
        self._secrets = tuple(secrets)

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = self._redact(_message(record)), None
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        record.exc_info = None  # formatters print the text instead, which is clean below
        if record.exc_text:
            record.exc_text = self._redact(record.exc_text)
        if record.stack_info:
            record.stack_info = self._redact(record.stack_info)
        for name in vars(record).keys() - OWN_ATTRIBUTES:
            setattr(record, name, self._clean(getattr(record, name)))
        return True

    def _redact(self, text: str) -> str:
        return redact(text, secrets=self._secrets)

    def _clean(self, value: object) -> object:
        """Returns the value with every text in it redacted; what is neither plain nor a collection becomes text."""
        if isinstance(value, PLAIN_TYPES):
            return value
        if isinstance(value, Mapping):
            return {self._redact(str(key)): self._clean(item) for key, item in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self._clean(item) for item in value]
        return self._redact(str(value))


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError):  # arguments that do not fit; a log line must not break what it tells of
        return f"{record.msg} {record.args}"
