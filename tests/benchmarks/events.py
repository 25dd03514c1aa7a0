"""Events: how many leave in a minute through two workers, and ten thousand webhooks of ev.energy at once."""

import base64
import json
import time
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any

from tests.benchmarks.databases import POSTGRESQL, new_database
from tests.benchmarks.deployment import MANAGE, Environment, environment, inside, migrate, process
from tests.benchmarks.figures import Figure

EVENTS, QUICK_EVENTS = 10_000, 1_000
CARS = 2_000
WORKERS = 2
PATIENCE_SECONDS = 300.0
SECRET = "whsec_" + base64.b64encode(b"benchmark" * 3).decode()


class Receiver:
    """Takes everything, and notes the order in which each car's events came first."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.seen: set[str] = set()
        self.last: dict[str, int] = {}
        self.copies = self.out_of_order = 0

    def note(self, event_id: str, car: str, number: int) -> None:
        with self.lock:
            if event_id in self.seen:
                self.copies += 1
                return
            self.seen.add(event_id)
            self.out_of_order += number < self.last.get(car, 0)
            self.last[car] = number


def handler_of(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["data"]
            receiver.note(self.headers["webhook-id"], body["vehicle_id"], body["number"])
            self.send_response_only(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_args: Any) -> None:
            pass

    return Handler


def measure(*, kind: str, quick: bool) -> list[Figure]:
    number = QUICK_EVENTS if quick else EVENTS
    return [*_out(kind=kind, number=number), *_in(kind=kind, number=number)]


def _out(*, kind: str, number: int) -> list[Figure]:
    receiver = Receiver()
    with ExitStack() as stack:
        server = stack.enter_context(ThreadingHTTPServer(("127.0.0.1", 0), handler_of(receiver)))
        Thread(target=server.serve_forever, daemon=True).start()
        stack.callback(server.shutdown)
        origin = f"http://127.0.0.1:{server.server_address[1]}"
        portal = _environment(stack.enter_context(new_database(kind)), origin)
        migrate(portal)
        inside(portal, "events_data.write_events", url=f"{origin}/", number=number, cars=CARS)
        started = time.monotonic()
        for _ in range(WORKERS):
            stack.enter_context(process(portal, [*MANAGE, "db_worker", "--interval", "0.2"]))
        while len(receiver.seen) < number and time.monotonic() - started < PATIENCE_SECONDS:
            time.sleep(0.05)
        seconds = time.monotonic() - started
    in_a_minute = 60 * len(receiver.seen) / seconds
    return [
        Figure(
            what=f"events: of {number}, taken in a minute through {WORKERS} workers",
            database=kind,
            value=in_a_minute,
            goal="≥ 10000" if kind == POSTGRESQL else "",
        ),
        Figure(what="events: lost", database=kind, value=number - len(receiver.seen), goal="= 0"),
        Figure(what="events: out of order for a car", database=kind, value=receiver.out_of_order, goal="= 0"),
        Figure(what="events: copies", database=kind, value=receiver.copies, goal="= 0"),
    ]


def _in(*, kind: str, number: int) -> list[Figure]:
    """In one process, one after another: what matters is that each is answered and that memory does not grow."""
    with new_database(kind) as url:
        portal = _environment(url, "", EV_ENERGY_WEBHOOK_SECRETS=SECRET)
        migrate(portal)
        found = inside(portal, "events_data.take_webhooks", secret=SECRET, number=number, cars=200)
    return [
        Figure(what=f"webhooks: of {number}, not taken", database=kind, value=found["refused"], goal="= 0"),
        Figure(what="webhooks: a minute", database=kind, value=found["in_a_minute"]),
        Figure(what="webhooks: calls to ev.energy", database=kind, value=found["calls"], goal="= 0"),
        Figure(what="webhooks: MB of memory more", database=kind, value=found["more_mb"], goal="≤ 10"),
    ]


def _environment(url: str, origin: str, **more: str) -> Environment:
    return environment(url, LOCAL_ORIGINS=origin, LOG_LEVEL="WARNING", **more)
