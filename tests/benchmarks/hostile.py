"""Two hundred hostile accounts, registered today, press all they can; twenty honest owners connect a car beside them.

Over real HTTP: the Procfile's web process, a worker, PostgreSQL, and the sandbox with ev.energy's limit of 1,000.
"""

import secrets
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any
from urllib.parse import urlencode

import requests

from tests.benchmarks.databases import POSTGRESQL, new_database
from tests.benchmarks.deployment import MANAGE, environment, inside, migrate, process, sandbox, with_sandbox
from tests.benchmarks.figures import Figure
from tests.benchmarks.load import Answer, Connection, prepared
from tests.benchmarks.slow_answers import new_car, procfile_web

HOSTILE, HONEST = 200, 20
AT_ONCE = 8  # hostile requests under way at any moment: twice what one web process serves
SECONDS = 45.0
GIVES_UP_SECONDS = 60.0


@dataclass
class Heard:
    """`served` is how long each honest owner took from the first press to "connected", in seconds."""

    served: list[float] = field(default_factory=list)
    presses: int = 0


def measure(*, kind: str, quick: bool) -> list[Figure]:
    if kind != POSTGRESQL:
        return []
    seconds = 15.0 if quick else SECONDS
    with sandbox() as origin, new_database(kind) as url:
        portal = with_sandbox(environment(url), origin)
        migrate(portal)
        cars = [new_car(origin, f"honest{number}@example.com") for number in range(HONEST)]
        scene = inside(portal, "hostile_data.prepare", hostile=HOSTILE, honest=[car["email"] for car in cars])
        with procfile_web(portal) as port, process(portal, [*MANAGE, "db_worker"]):
            heard = _run(scene, cars, port=port, seconds=seconds)
        said = _said(origin)
    say = f"{HOSTILE} hostile accounts, {HONEST} honest owners"
    return [
        Figure(what=f"{say}: honest ones served", database=kind, value=len(heard.served), goal=f"= {HONEST}"),
        Figure(
            what="… slowest from the first press to the connected car, seconds",
            database=kind,
            value=max(heard.served, default=GIVES_UP_SECONDS),
            goal="≤ 10",
        ),
        Figure(what="… hostile presses", database=kind, value=heard.presses),
        Figure(what="… calls to ev.energy in all", database=kind, value=said["total"]),
        Figure(what="… answers 429", database=kind, value=said["rate_limited"], goal="= 0"),
    ]


def _run(scene: dict[str, Any], cars: list[dict[str, str]], *, port: int, seconds: float) -> Heard:
    heard, ends_at = Heard(), time.monotonic() + seconds
    accounts, lock = cycle(scene["hostile"]), threading.Lock()
    threads = [
        threading.Thread(target=_attack, args=(heard, accounts, lock, scene["csrf"], port, ends_at))
        for _ in range(AT_ONCE)
    ]
    for place, (session, car) in enumerate(zip(scene["honest"], cars, strict=True)):
        pause = seconds * (place + 1) / (HONEST + 2)
        threads.append(threading.Timer(pause, _connect, args=(heard, session, car, scene["csrf"], port)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return heard


def _attack(
    heard: Heard,
    accounts: Iterator[dict[str, str]],
    lock: threading.Lock,
    csrf: str,
    port: int,
    ends_at: float,
) -> None:
    while time.monotonic() < ends_at:
        with lock:
            account = next(accounts)
        made_up = [("vehicle_uid", f"vhcl{secrets.randbelow(10**15):026d}") for _ in range(20)]
        car = {"make_name": "Aptera", "model_name": "Luna"}
        _post(port, "/connect/start/", account["session"], csrf)
        _get(port, f"{account['return']}?{urlencode(made_up)}", account["session"])
        _post(port, "/connect/waitlist/", account["session"], csrf, **car)
        _get(port, "/vehicles/", account["session"])
        with lock:
            heard.presses += 4


def _connect(heard: Heard, session: str, car: dict[str, str], csrf: str, port: int) -> None:
    """An honest owner presses until ev.energy is reached, comes back with the car, and looks until it is there."""
    began = time.monotonic()
    while (answer := _post(port, "/connect/start/", session, csrf)).status != 302:
        if time.monotonic() - began > GIVES_UP_SECONDS:
            return
        time.sleep(4)
    page = answer.location.partition("redirect_uri=")[2].partition("%2Fconnect")[2]
    path = "/connect" + requests.utils.unquote(page.partition("&")[0])
    _get(port, f"{path}?vehicle_uid={car['vehicle_id']}", session)
    while b"Your car is connected" not in _get(port, path, session).body:
        if time.monotonic() - began > GIVES_UP_SECONDS:
            return
        time.sleep(2)
    heard.served.append(time.monotonic() - began)


def _get(port: int, path: str, session: str) -> Answer:
    with Connection(port) as connection:
        return connection.ask(prepared(method="GET", path=path, cookies={"session": session}))


def _post(port: int, path: str, session: str, csrf: str, **form: str) -> Answer:
    body = urlencode({"csrfmiddlewaretoken": csrf, **form})
    cookies = {"session": session, "csrf": csrf}
    with Connection(port) as connection:
        return connection.ask(prepared(method="POST", path=path, cookies=cookies, body=body))


def _said(origin: str) -> dict[str, int]:
    """How many calls ev.energy had, and how many it answered 429."""
    said: dict[str, int] = requests.get(f"{origin}/_sandbox/statistics", timeout=30).json()
    return said
