"""PgBouncer in front of the rehearsal's database: a connection of the server is lent for one transaction only."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from tests.rehearsal.processes import free_port, wait_until

PROGRAM = shutil.which("pgbouncer") or "/usr/sbin/pgbouncer"
SERVER_CONNECTIONS = 5  # fewer than the processes would take for themselves
CONFIGURATION = """
[databases]
* = host={host} port={port} {password}

[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {own_port}
unix_socket_dir =
auth_type = trust
auth_file = {folder}/users
pool_mode = transaction
default_pool_size = {size}
max_client_conn = 100
"""


@contextmanager
def pgbouncer(database_url: str) -> Iterator[str]:
    """The same database's URL through a PgBouncer with nothing but its defaults and transaction mode."""
    parts, own_port = urlsplit(database_url), free_port()
    with tempfile.TemporaryDirectory(prefix="portal-pgbouncer-") as name:
        folder = Path(name)
        (folder / "users").write_text(f'"{parts.username}" "{parts.password or ""}"\n')
        (folder / "pgbouncer.ini").write_text(
            CONFIGURATION.format(
                host=parts.hostname,
                port=parts.port or 5432,
                password=f"password={parts.password}" if parts.password else "",
                own_port=own_port,
                folder=folder,
                size=SERVER_CONNECTIONS,
            )
        )
        running = subprocess.Popen(
            [*_as_nobody_special(folder), PROGRAM, "-q", str(folder / "pgbouncer.ini")]
        )
        url = parts._replace(netloc=f"{parts.username}@127.0.0.1:{own_port}").geturl()
        try:
            wait_until(lambda: _answers(url), what="PgBouncer answers")
            yield url
        finally:
            running.terminate()
            running.wait(timeout=10)


def _as_nobody_special(folder: Path) -> list[str]:
    """It refuses to be root."""
    if os.getuid() != 0:
        return []
    for path in (folder, *folder.iterdir()):
        shutil.chown(path, "postgres")
    return ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=3).close()
    except psycopg.OperationalError:
        return False
    return True
