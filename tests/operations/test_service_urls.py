"""The addresses of database, cache and mail server: a password is read as meant, or refused without a word of it."""

import re
import string
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, unquote

import pytest

from onboarding_portal.service_urls import CannotBeRead, cache_settings, database_settings, mail_settings

PARTS = {"%41", "%zz", "%", "$HOME", "${X}", "a@b", "://", "//", "?a=b", "#a@b", "[::1]", "a,b"}
ODD = sorted({*string.printable, *"éß€𝄞\u2028\u00a0\ufeff", *PARTS})


def password_of_database(password: str) -> str:
    return str(database_settings(f"postgres://user:{password}@host:5432/name")["PASSWORD"])


def password_of_mail(password: str) -> str:
    return str(mail_settings(f"smtp+tls://user:{password}@host:587")["EMAIL_HOST_PASSWORD"])


def password_of_cache(password: str) -> str:
    location = cache_settings(f"rediss://user:{password}@host:6379/0")["LOCATION"]
    return str(location.partition("user:")[2].rpartition("@host:6379/0")[0])


@pytest.mark.parametrize("read", [password_of_database, password_of_mail, password_of_cache])
@pytest.mark.parametrize("odd", ODD)
def test_a_raw_password_is_read_as_it_stands_or_refused(read: Callable[[str], str], odd: str) -> None:
    password = f"Tr0ub{odd}4dor"
    told = ""
    try:
        assert read(password) in {password, unquote(password)}
    except CannotBeRead as refusal:
        told = str(refusal)

    assert not re.search("4dor|Tr0ub", told)
    assert not told or re.search("Set it to|set it to|Choose", told)


@pytest.mark.parametrize("odd", ODD)
def test_an_encoded_password_is_read_as_it_was(odd: str) -> None:
    password = f"Tr0ub{odd}4dor"
    encoded = quote(password, safe="")

    assert password_of_database(encoded) == password
    assert password_of_cache(encoded) == encoded  # its client decodes it
    if password.isascii():
        assert password_of_mail(encoded) == password


@pytest.mark.parametrize(
    ("url", "port", "uses_tls", "uses_ssl"),
    [
        ("smtp://host", 25, False, False),
        ("smtp+tls://host", 587, True, False),
        ("smtp+ssl://host", 465, False, True),
        ("smtps://host", 465, False, True),  # TLS from the first byte, as everywhere else
        ("SMTPS://host:2465", 2465, False, True),
    ],
)
def test_a_scheme_of_mail_says_how_and_where(url: str, port: int, uses_tls: bool, uses_ssl: bool) -> None:
    found = mail_settings(url)

    assert found["EMAIL_PORT"] == port
    assert found.get("EMAIL_USE_TLS", False) is uses_tls
    assert found.get("EMAIL_USE_SSL", False) is uses_ssl


@pytest.mark.parametrize(
    ("read", "url"),
    [
        (database_settings, "localhost/name"),
        (database_settings, "mysql://user:word@host/name"),
        (database_settings, "postgres://user:word@host"),
        (database_settings, "postgres://user:word@host/"),
        (database_settings, "postgres://user:word@host:port/name"),
        (database_settings, "postgres://user:word@host:0/name"),
        (database_settings, "postgres://user:word@[::1/name"),
        (database_settings, "sqlite://"),
        (database_settings, "sqlite://:memory:"),
        (database_settings, "sqlite://host/db.sqlite3"),
        (cache_settings, "memcache://host:11211"),
        (cache_settings, "http://host"),
        (cache_settings, "rediss://"),
        (cache_settings, "dbcache://"),
        (cache_settings, "redis://host:port"),
        (mail_settings, "imap://user:word@host"),
        (mail_settings, "smtp+tls://"),
        (mail_settings, "smtp+tls://user@host"),
        (mail_settings, "smtp+tls://:word@host"),
        (mail_settings, "smtp+tls://user:word@host?timeout=5"),
        (mail_settings, "host:587"),
    ],
)
def test_what_lacks_a_part_is_refused(read: Callable[[str], Any], url: str) -> None:
    with pytest.raises(CannotBeRead) as refusal:
        read(url)

    assert "word" not in str(refusal.value).replace("user:password@", "").replace("password", "")


def test_a_database_of_several_hosts_and_one_behind_a_socket_are_read() -> None:
    several = database_settings("postgres://user:word@one:5432,two:5433/name")
    socket = database_settings("postgres:////var/run/postgresql/name")

    assert (several["HOST"], several["PORT"]) == ("one,two", "5432,5433")
    assert (socket["HOST"], socket["NAME"]) == ("/var/run/postgresql", "name")
