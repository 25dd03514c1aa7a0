"""Where benchmarks run: new SQLite files, and new databases on the PostgreSQL server that DATABASE_URL names."""

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

SQLITE, POSTGRESQL = "SQLite", "PostgreSQL"


def kinds() -> list[str]:
    return [SQLITE, POSTGRESQL] if _server() else [SQLITE]


@contextmanager
def new_database(kind: str) -> Iterator[str]:
    """A DATABASE_URL; the database is removed afterwards."""
    if kind == POSTGRESQL:
        with _new_on(_server()) as url:
            yield url
    else:
        with tempfile.TemporaryDirectory() as folder:
            yield f"sqlite:///{folder}/benchmark.sqlite3"


def _server() -> str:
    url = os.environ.get("DATABASE_URL", "")
    return url if url.startswith("postgres") else ""


@contextmanager
def _new_on(server: str) -> Iterator[str]:
    name = sql.Identifier(f"portal_benchmark_{os.getpid()}_{time.monotonic_ns()}")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(name))
        try:
            yield urlsplit(server)._replace(path=f"/{name.as_string(None).strip(chr(34))}").geturl()
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))
