"""The addresses of the database, the cache and the mail server, as django-environ reads them and stricter.

It takes a password's / or # for the end of the host, shows what it could not read, and leaves to chance what a scheme
does not say. Here each is read as meant or refused without a word of it.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import SplitResult, urlsplit

import environ

ENCODE = (
    "Write special characters in its user and password %-encoded: / as %2F, # as %23, ? as %3F, @ as %40, [ as %5B, "
    "% as %25, a comma as %2C, a space as %20."
)
DATABASE_SCHEMES = {"postgres", "postgresql", "psql", "pgsql", "sqlite"}
# Django has no others, and the rest are not shared by processes: those are told by a check.
CACHE_SCHEMES = {
    *("dbcache", "redis", "rediss", "rediscache", "pymemcache", "pylibmc"),
    *("locmemcache", "filecache", "dummycache"),
}
SMTP_PORTS = {"smtp": 25, "smtp+tls": 587, "smtp+ssl": 465, "smtps": 465}
MAIL_SCHEMES = {*SMTP_PORTS, "consolemail", "filemail", "memorymail", "dummymail"}
POSTGRES = "Set it to postgres://user:password@host:5432/name"
SMTP = "Set it to smtp+tls://user:password@host:587"
CACHE = "Leave it empty (a table of the database), or set it to rediss://user:password@host:6379"


class CannotBeRead(Exception):
    """A setting's value is not usable. The message goes on after the setting's name and shows nothing of it."""


def database_settings(url: str) -> dict[str, Any]:
    """Returns an entry of Django's DATABASES. Raises CannotBeRead."""
    if url == "sqlite://:memory:":
        raise CannotBeRead(f"is an SQLite database in memory, which processes do not share. {POSTGRES}")
    parts = _parts(url, remedy=POSTGRES)
    if parts.scheme not in DATABASE_SCHEMES:
        raise CannotBeRead(f"is neither PostgreSQL nor SQLite. {POSTGRES}")
    if parts.scheme == "sqlite":
        if parts.netloc or not parts.path.strip("/"):
            raise CannotBeRead("names no file. Set it to sqlite:////folder/db.sqlite3, with four slashes.")
        return _read_by(environ.Env.db_url_config, url)
    url = url.removesuffix("/") if parts.path.strip("/") and not parts.query else url
    found = _read_by(environ.Env.db_url_config, url)
    if not found["NAME"] and "service" not in found.get("OPTIONS", {}):
        raise CannotBeRead(f"names no database. {POSTGRES}")
    return found


def cache_settings(url: str) -> dict[str, Any]:
    """Returns an entry of Django's CACHES. Raises CannotBeRead."""
    parts = _parts(url, remedy=CACHE)
    if parts.scheme not in CACHE_SCHEMES:
        raise CannotBeRead(f"is no cache that the portal knows. {CACHE}")
    if not parts.netloc and not parts.path.strip("/") and parts.scheme not in {"locmemcache", "dummycache"}:
        raise CannotBeRead(f"names no host and no table. {CACHE}")
    if "," in parts.netloc.rpartition("@")[0]:  # taken for the end of a first host
        raise CannotBeRead(f"cannot be read. {CACHE}. {ENCODE}")
    return _read_by(environ.Env.cache_url_config, url.removesuffix("/") if parts.path.strip("/") else url)


def mail_settings(url: str) -> dict[str, Any]:
    """Returns Django's settings for mail: EMAIL_BACKEND, EMAIL_HOST and so on. Raises CannotBeRead."""
    parts = _parts(url, remedy=SMTP)
    if parts.scheme not in MAIL_SCHEMES:
        raise CannotBeRead(f"is no way of sending mail that the portal knows. {SMTP}")
    if parts.query or parts.fragment:
        raise CannotBeRead(f"has something after the host that would be ignored. {SMTP}. {ENCODE}")
    if parts.scheme == "smtps":
        # django-environ means STARTTLS by it, where the world means TLS from the first byte.
        url = f"smtp+ssl{url.removeprefix(url[: len('smtps')])}"
    found = _read_by(environ.Env.email_url_config, url)
    if parts.scheme in SMTP_PORTS:
        _complete(found, default_port=SMTP_PORTS[parts.scheme])
    return found


def _complete(found: dict[str, Any], *, default_port: int) -> None:
    if not found["EMAIL_HOST"]:
        raise CannotBeRead(f"names no host. {SMTP}")
    user, password = found["EMAIL_HOST_USER"] or "", found["EMAIL_HOST_PASSWORD"] or ""
    if bool(user) != bool(password):
        raise CannotBeRead(f"has a user without a password, or the other way. {SMTP}")
    if not f"{user}{password}".isascii():
        raise CannotBeRead(
            "has a user or a password with letters that SMTP cannot send. Choose another password."
        )
    found["EMAIL_PORT"] = found["EMAIL_PORT"] or default_port


def _parts(url: str, *, remedy: str) -> SplitResult:
    """Returns the parts of an address all of which can be read. Raises CannotBeRead."""
    try:
        parts = urlsplit(url)
        # Several hosts stand between commas, each with its port.
        port = None if "," in parts.netloc.rpartition("@")[2] else parts.port
    except ValueError:  # a port that is none, brackets that do not close: often from a password
        raise CannotBeRead(f"cannot be read. {remedy}. {ENCODE}") from None
    # After the host an @ is what is left of a password that was cut into pieces.
    is_cut = "@" in f"{parts.path}{parts.query}{parts.fragment}" or parts.fragment
    if is_cut or port == 0 or any(character.isspace() for character in url):
        raise CannotBeRead(f"cannot be read. {remedy}. {ENCODE}")
    return parts


def _read_by(read: Callable[[str], dict[str, Any]], url: str) -> dict[str, Any]:
    try:
        return read(url)
    except (ValueError, KeyError, TypeError, environ.ImproperlyConfigured):
        raise CannotBeRead(f"cannot be read. {ENCODE}") from None
