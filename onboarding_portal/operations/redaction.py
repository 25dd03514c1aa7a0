"""Keeps out of the logs what must not be in them, whoever writes the line.

Django logs the path of every request it refuses, and some paths are secrets: who holds the link holds the right.
"""

import logging
import re

SECRET_PATH = re.compile(r"/(invite|reconnect|reminders)/[^/\s\"']+")
EMAIL_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(\.[\w-]+)+")


def redact(text: str) -> str:
    """Returns the text without the tokens of lasting links and without e-mail addresses."""
    return EMAIL_ADDRESS.sub("[email]", SECRET_PATH.sub(r"/\1/[token]", text))


class RedactSecrets(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = redact(record.getMessage()), None
        if record.exc_info:
            # Messages of exceptions quote values, as IntegrityError's do. Every formatter prints this text instead.
            text = record.exc_text or logging.Formatter().formatException(record.exc_info)
            record.exc_text, record.exc_info = redact(text), None
        return True
