"""The demo's settings, put into the environment before Django reads it. Imports nothing of Django.

Everything the demo keeps lies in one folder that git ignores; everything it talks to is on this machine.
"""

import argparse
import io
import os
import secrets
import shutil
import socket
import sys
from base64 import b64encode
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

FOLDER = Path(__file__).resolve().parents[3] / ".demo"
HOST = "127.0.0.1"
WEB_PORT = 8000
SANDBOX_PORT = 9000
RECEIVER_PORT = 8100
PORTS_TO_TRY = 50


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--folder", type=Path, default=FOLDER, help="Where it keeps things (default: %(default)s)."
    )
    parser.add_argument("--fresh", action="store_true", help="Forget everything earlier demos left behind.")
    parser.add_argument(
        "--port", type=int, default=WEB_PORT, help="The portal's port (default: %(default)s)."
    )
    parser.add_argument(
        "--sandbox-port", type=int, default=SANDBOX_PORT, help="The sandbox's port (default: %(default)s)."
    )


def prepare(*, arguments: Sequence[str]) -> None:
    """Sets every setting the demo needs and says so where a port is taken and another is used.

    Settings of a real deployment (in the environment or in .env) are overridden: a demo never touches them.
    """
    parser = argparse.ArgumentParser(add_help=False)
    add_arguments(parser)
    options, _ = parser.parse_known_args(arguments)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # Each line at once, into files and pipes as well, whatever letters they take.
        sys.stdout.reconfigure(line_buffering=True, errors="replace")
    folder: Path = options.folder.resolve()
    if options.fresh:
        shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    web_port = free_port(wanted=options.port, name="The portal")
    sandbox_port = free_port(wanted=options.sandbox_port, name="The sandbox", taken=[web_port])
    receiver_port = free_port(
        wanted=RECEIVER_PORT, name="The receiver of events", taken=[web_port, sandbox_port]
    )
    os.environ["LOCAL_ORIGINS"] = f"http://{HOST}:{receiver_port}"
    os.environ |= _settings(
        folder, portal=f"http://{HOST}:{web_port}", sandbox=f"http://{HOST}:{sandbox_port}"
    )


def _settings(folder: Path, *, portal: str, sandbox: str) -> dict[str, str]:
    return {
        "PYTHONUNBUFFERED": "1",  # each line of a process in its log at once
        "SECRET_KEY": _kept_secret(folder / "secret-key"),
        "DEBUG": "false",
        "ALLOWED_HOSTS": f"{HOST},localhost",
        "PORTAL_URL": portal,
        "PORTAL_NAME": "Brightfield Energy",
        "PORTAL_SUPPORT_EMAIL": "help@brightfield.example",
        "DEFAULT_FROM_EMAIL": "Brightfield Energy <cars@brightfield.example>",
        "SIGNUP_OPEN": "true",
        "MAIL_HOURS": "0-24",  # who tries it at night waits for its e-mails, too
        "DATABASE_URL": f"sqlite:///{quote(str(folder / 'db.sqlite3'))}",
        "CACHE_URL": "dbcache://portal_cache",
        # The first slash is cut off when it is read.
        "EMAIL_URL": f"filemail:///{quote(str(folder / 'mail'))}",
        "STATIC_ROOT": str(folder / "static"),
        "TRUSTED_PROXY_COUNT": "0",
        "ADMINS": "",
        "ALARM_WEBHOOK_URL": "",
        "EV_ENERGY_API_URL": f"{sandbox}/v2",
        "EV_ENERGY_TOKEN_URL": f"{sandbox}/o/token/",
        "EV_ENERGY_CLIENT_ID": "sandbox-client",
        "EV_ENERGY_CLIENT_SECRET": "sandbox-secret",
        "EV_ENERGY_VERIFY_OWNERSHIP": "true",
        "EV_ENERGY_WEBHOOK_SECRETS": f"whsec_{b64encode(b'sandbox' * 4).decode()}",
    }


def free_port(*, wanted: int, name: str, taken: Sequence[int] = ()) -> int:
    """Returns `wanted`, or the next port nobody listens on, and says on stdout if it is another one.

    Raises SystemExit if a whole range of ports is taken.
    """
    for port in range(wanted, min(wanted + PORTS_TO_TRY, 65_536)):
        if port not in taken and _is_free(port):
            if port != wanted:
                print(f"Port {wanted} is taken. {name} uses {port} instead.")  # noqa: T201  before Django is up
            return port
    raise SystemExit(
        f"{name} found no free port from {wanted} on. Name another one (see manage.py demo --help)."
    )


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As servers do it, so that a port that closed a moment ago counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _kept_secret(path: Path) -> str:
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(50))
    return path.read_text()
