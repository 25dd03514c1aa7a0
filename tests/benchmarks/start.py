"""How fast `POST /connect/start/` is beside the least Django could do, beside allauth's redirect, and a bare view.

All run under the same gunicorn (one worker, four threads), one after the other in turns. Ratios are medians of pairs
measured right after one another, so that a machine whose speed drifts does not matter much. The processes are started
anew several times, because a process is some percent faster or slower than its like for as long as it lives.
"""

import statistics
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from tests.benchmarks.databases import new_database
from tests.benchmarks.deployment import Environment, environment, gunicorn, inside, manage, migrate
from tests.benchmarks.figures import Figure
from tests.benchmarks.load import prepared, requests_per_second

CONNECTIONS = 4
STARTS = 5
ROUNDS = 7
GOALS = {
    "the minimal view": "≥ 0.75",
    "allauth's redirect": "",
    "the bare view": "",
}
PLAIN_DJANGO = "django.core.wsgi:get_wsgi_application()"


@dataclass(frozen=True, slots=True, kw_only=True)
class Contestant:
    name: str
    port: int
    requests: list[bytes]

    def rate(self, *, seconds: float) -> float:
        return requests_per_second(self.requests, port=self.port, seconds=seconds, expected=302)


def measure(*, kind: str, quick: bool) -> list[Figure]:
    """Ratios of requests a second, start / other."""
    seconds, starts = (0.5, 1) if quick else (1.5, STARTS)
    with new_database(kind) as url:
        portal = environment(url)
        migrate(portal)
        manage(settings_of(portal, "allauth"), "migrate", "-v", "0")
        data = inside(portal, "start_data.prepare", connections=CONNECTIONS)
        rounds = [row for _ in range(starts) for row in _rounds(portal, data, seconds=seconds)]
    minimal_to_bare = Figure(
        what="the minimal view / the bare view",
        database=kind,
        value=statistics.median(row[1] / row[-1] for row in rounds),
    )
    return [*_compare(rounds, kind), minimal_to_bare]


def _compare(rounds: list[list[float]], kind: str) -> Iterator[Figure]:
    for place, (name, goal) in enumerate(GOALS.items(), start=1):
        ratio = statistics.median(row[0] / row[place] for row in rounds)
        yield Figure(what=f"POST /connect/start/ / {name}", database=kind, value=ratio, goal=goal)


def _rounds(portal: Environment, data: dict[str, Any], *, seconds: float) -> list[list[float]]:
    """Requests a second of each contestant, in rounds of one start of the processes."""
    with ExitStack() as stack:
        contestants = list(_contestants(portal, data, stack))
        for contestant in contestants:
            contestant.rate(seconds=1.0)
        return [[each.rate(seconds=seconds) for each in contestants] for _ in range(ROUNDS)]


def _contestants(portal: Environment, data: dict[str, Any], stack: ExitStack) -> Iterator[Contestant]:
    pick = {"make_id": data["make_id"]}
    for name, settings, path, form in (
        ("POST /connect/start/", "portal", "/connect/start/", pick),
        ("the minimal view", "minimal", "/minimal/", {}),
        ("allauth's redirect", "allauth", "/accounts/github/login/", {}),
        ("the bare view", "minimal", "/bare/", {}),
    ):
        application = "onboarding_portal.wsgi" if settings == "portal" else PLAIN_DJANGO
        surroundings = settings_of(portal, settings)
        sessions = inside(surroundings, "start_data.sign_in", owners=data["owners"])
        body = urlencode({"csrfmiddlewaretoken": data["csrf"], **form})
        requests = [
            prepared(method="POST", path=path, cookies={"session": session, "csrf": data["csrf"]}, body=body)
            for session in sessions
        ]
        port = stack.enter_context(gunicorn(surroundings, application=application))
        yield Contestant(name=name, port=port, requests=requests)


def settings_of(portal: Environment, name: str) -> Environment:
    return {**portal, "DJANGO_SETTINGS_MODULE": f"tests.benchmarks.{name}_settings"}
