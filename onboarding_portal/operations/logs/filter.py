"""Keeps out of the logs what must not be in them, whoever writes the line.

Django logs the path of every request it refuses, and some paths are secrets: who holds the link holds the right.
Database errors quote values, and values are e-mail addresses. So every handler has this one filter.
"""

import logging
import re
from collections.abc import Iterable, Mapping
from urllib.parse import unquote, urlsplit

from onboarding_portal.redaction import redact

SHORTEST_SECRET = 8  # shorter ones are words that may stand anywhere
SECRET_NAMES = (
    *("SECRET_KEY", "EV_ENERGY_CLIENT_SECRET", "EV_ENERGY_NEXT_CLIENT_SECRET"),
    *("METRICS_TOKEN", "SENTRY_DSN", "ALARM_WEBHOOK_URL"),
)
SECRET_LISTS = ("SECRET_KEY_FALLBACKS",)
URLS_WITH_PASSWORDS = ("DATABASE_URL", "CACHE_URL", "EMAIL_URL")
PLAIN_TYPES = (bool, int, float, type(None))
# What a record has without anybody's doing; everything else in it is somebody's `extra`.
OWN_ATTRIBUTES = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "request_id"}


def secret_values(environ: Mapping[str, str]) -> list[str]:
    """Returns the secrets the portal was started with, the longest first, passwords in addresses included."""
    values = {environ.get(name, "") for name in SECRET_NAMES}
    for name in SECRET_LISTS:
        values.update(re.split(r"[,\s]+", environ.get(name, "")))
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
            setattr(record, name, self.clean(getattr(record, name)))
        return True

    def _redact(self, text: str) -> str:
        return redact(text, secrets=self._secrets)

    def clean(self, value: object) -> object:
        """Returns the value with every text in it redacted; what is neither plain nor a collection becomes text."""
        if isinstance(value, PLAIN_TYPES):
            return value
        if isinstance(value, Mapping):
            return {self._redact(str(key)): self.clean(item) for key, item in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self.clean(item) for item in value]
        return self._redact(str(value))


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError):  # arguments that do not fit; a log line must not break what it tells of
        return f"{record.msg} {record.args}"
