"""The sandbox's command line: `manage.py sandbox`."""

import signal
import sys
from argparse import ArgumentParser
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

from onboarding_portal.sandbox.application import Application, create_app
from onboarding_portal.sandbox.behaviour import SCOPES, Behaviour
from onboarding_portal.sandbox.context import Config, is_loopback
from onboarding_portal.sandbox.seeding import seed_owner
from onboarding_portal.sandbox.server import build_server, listen, origin_of
from onboarding_portal.sandbox.webhooks import keep_sending


class StartError(Exception):
    """The sandbox cannot start; the text says why and what to do."""


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, default=9000, help="port to listen on; 0 takes a free one")
    parser.add_argument("--allow-public", action="store_true", help="also listen on a public interface")
    parser.add_argument("--origin", help="the address others reach it by, if it is not the one it listens on")
    parser.add_argument(
        "--state", type=Path, metavar="FILE", help="keep users, vehicles and links in this file"
    )
    parser.add_argument(
        "--vehicles", type=int, default=0, metavar="N", help="start with N vehicles of many owners"
    )
    parser.add_argument(
        "--inactive-share", type=float, default=0.06, help="how many of them need a reconnect"
    )
    parser.add_argument(
        "--seed-owner",
        nargs="+",
        action="extend",
        default=[],
        metavar="EMAIL",
        help="an owner with three vehicles",
    )
    parser.add_argument("--limit", type=int, default=1000, help="requests in a window for the application")
    parser.add_argument("--window", type=float, default=3600.0, help="seconds of the rolling window")
    parser.add_argument("--client-id", default="sandbox-client")
    parser.add_argument("--client-secret", default="sandbox-secret")
    parser.add_argument("--scopes", nargs="+", default=list(SCOPES), help="scopes the application has")
    parser.add_argument(
        "--redirect-origin",
        action="append",
        default=[],
        help="registered origin, such as https://portal.example",
    )
    parser.add_argument(
        "--redirect-url", help="where owners go who come without redirect_uri, or reconnected"
    )
    parser.add_argument("--webhook-url", default="", help="who is told when a charge begins or ends")
    parser.add_argument("--webhook-secret", default="", metavar="whsec_…", help="what signs that")


def config_of(options: Mapping[str, Any], *, origin: str) -> Config:
    return Config(
        origin=options["origin"] or origin,
        client_id=options["client_id"],
        client_secret=options["client_secret"],
        redirect_origins=tuple(value.rstrip("/") for value in options["redirect_origin"]),
        onboarding_redirect_url=options["redirect_url"],
        webhook_url=options["webhook_url"],
        webhook_secret=options["webhook_secret"],
        behaviour=replace(
            Behaviour(),
            rate_limit=options["limit"],
            rate_window_seconds=options["window"],
            scopes=tuple(options["scopes"]),
        ),
    )


def seeded_app(options: Mapping[str, Any], *, origin: str) -> Application:
    app = create_app(
        config=config_of(options, origin=origin),
        state_path=options["state"],
        vehicles=options["vehicles"],
        inactive_share=options["inactive_share"],
    )
    for email in options["seed_owner"]:
        seed_owner(state=app.sandbox.state, email=email, now_us=app.sandbox.clock.now_us())
    return app


def serve(options: Mapping[str, Any]) -> None:
    """Listens until it is interrupted or terminated. StartError if it cannot."""
    host, port = options["host"], options["port"]
    if not is_loopback(host) and not options["allow_public"]:
        raise StartError(
            f"{host} can be reached from other machines, and anyone may sign in here. "
            "Add --allow-public if you mean it."
        )
    try:
        listener = listen(host=host, port=port)
    except OSError as error:
        raise StartError(f"Cannot listen on {host}:{port}: {error.strerror}. Try another --port.") from error
    origin = origin_of(listener)
    app = seeded_app(options, origin=origin)
    server = build_server(listener=listener, app=app)
    if options["webhook_url"]:
        keep_sending(origin=origin)
    signal.signal(signal.SIGTERM, interrupt)
    with suppress(KeyboardInterrupt):
        sys.stdout.write(f"sandbox listening on {origin}\n")
        sys.stdout.flush()
        server.serve_forever()
    app.sandbox.state.close()


def interrupt(signal_number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def serve_from_command_line(arguments: Sequence[str]) -> None:
    parser = ArgumentParser(
        prog="manage.py sandbox",
        description="A stand-in for ev.energy that speaks its API, with onboarding and sign-in pages.",
    )
    add_arguments(parser)
    try:
        serve(vars(parser.parse_args(arguments)))
    except StartError as error:
        sys.exit(str(error))
