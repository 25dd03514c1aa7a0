import json
import logging
from typing import Any

import pytest
import responses
from django.test import Client
from django_tasks import task

from onboarding_portal.ev_energy.client import get_client
from onboarding_portal.ev_energy.request_context import current_request_id
from onboarding_portal.operations.logs.request_id import bound
from tests.ev_energy_answers import make_json
from tests.ev_energy_api import EvEnergyApi
from tests.factories import make_id, make_owner
from tests.log_check import collected
from tests.tasks import run_tasks

pytestmark = pytest.mark.django_db
TOKEN = "q7Zx0dY3mS1vK8tR5nB2gL6hJ9wP4cF-aE_uI0oXyZk"
SEEN_BY_TASKS: list[str] = []


@task
def remember_request_id() -> None:
    SEEN_BY_TASKS.append(current_request_id.get())
    logging.getLogger("test.tasks").info("At work")


class LiveLines:
    """What has been logged so far in this test, read anew each time."""

    def of(self, logger: str) -> list[dict[str, Any]]:
        parsed = [json.loads(line) for line in collected.lines]
        return [line for line in parsed if line["logger"] == logger]


@pytest.fixture
def lines() -> LiveLines:
    return LiveLines()


def requests_in(lines: LiveLines) -> list[dict[str, Any]]:
    return lines.of("onboarding_portal.requests")


def test_the_platforms_id_is_taken_answered_and_logged(client: Client, lines: LiveLines) -> None:
    response = client.get("/", headers={"X-Request-ID": "4f6c-88.a_B"})

    assert response["X-Request-ID"] == "4f6c-88.a_B"
    (line,) = requests_in(lines)
    assert line["request_id"] == "4f6c-88.a_B"


@pytest.mark.parametrize("given", ["", "a" * 65, "a b", "a\tb", "ä", "anna@example.com", '"}{"', "a/b"])
def test_an_id_of_another_shape_is_replaced(client: Client, given: str) -> None:
    response = client.get("/", headers={"X-Request-ID": given})

    assert response["X-Request-ID"] != given
    assert len(response["X-Request-ID"]) == 32


def test_each_request_gets_an_id_of_its_own(client: Client) -> None:
    first, second = client.get("/"), client.get("/")

    assert first["X-Request-ID"] != second["X-Request-ID"]
    assert current_request_id.get() == ""


def test_a_request_is_one_line_with_method_path_status_and_duration_but_no_query(
    client: Client, lines: LiveLines
) -> None:
    client.get("/accounts/login/?next=/vehicles/")

    (line,) = requests_in(lines)
    assert (line["method"], line["path"], line["status"]) == ("GET", "/accounts/login/", 200)
    assert isinstance(line["duration_ms"], int)
    assert "next" not in json.dumps(line)


@pytest.mark.parametrize(
    ("path", "logged"),
    [
        (f"/reconnect/{TOKEN}/", "/reconnect/[token]/"),
        (f"/invite/{TOKEN}/", "/invite/[token]/"),
        (f"/reminders/{TOKEN}/stop/", "/reminders/[token]/stop/"),
    ],
)
def test_a_path_with_a_secret_is_logged_as_its_pattern(
    client: Client, lines: LiveLines, path: str, logged: str
) -> None:
    client.get(path)

    (line,) = requests_in(lines)
    assert line["path"].replace("<str:token>", "[token]") == logged
    assert not [line for line in collected.lines if TOKEN in line]


def test_the_attempt_a_browser_comes_back_to_is_not_logged(client: Client, lines: LiveLines) -> None:
    attempt_id = "0b9c2a86-4a7e-4a52-9d0e-5b8f6b1d2c3e"

    client.get(f"/connect/return/{attempt_id}/?vehicle_uid={make_id('vhcl')}")

    (line,) = requests_in(lines)
    assert line["path"] == "/connect/return/<uuid:attempt_id>/"
    assert not [line for line in collected.lines if attempt_id in line or "vhcl" in line]


def test_a_vehicles_page_is_logged_with_its_id(client: Client, lines: LiveLines) -> None:
    vehicle_id = make_id("vhcl")
    client.force_login(make_owner())

    client.get(f"/vehicles/{vehicle_id}/")

    (line,) = requests_in(lines)
    assert line["path"] == f"/vehicles/{vehicle_id}/"


def test_a_path_no_page_is_known_for_is_not_repeated_in_the_line(client: Client, lines: LiveLines) -> None:
    client.get(f"/reconnect/{TOKEN}")

    assert requests_in(lines)[0]["path"] == "-"


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_a_probe_that_succeeds_is_no_line(client: Client, lines: LiveLines, path: str) -> None:
    response = client.get(path)

    assert response.status_code == 200
    assert "X-Request-ID" in response
    assert requests_in(lines) == []


@pytest.mark.parametrize("path", ["/no/such/page/", "/reconnect/unknown/"])
def test_error_pages_show_the_id(client: Client, path: str) -> None:
    response = client.get(path, headers={"X-Request-ID": "shown-to-people"})

    assert response.status_code in {404, 410}
    assert "shown-to-people" in response.content.decode()


def test_the_page_for_a_crash_shows_the_id_and_its_log_lines_carry_it(
    client: Client, lines: LiveLines, settings: Any
) -> None:
    settings.ROOT_URLCONF = "tests.operations.crashing_urls"
    client.raise_request_exception = False

    response = client.get("/crash/", headers={"X-Request-ID": "crashed-1"})

    assert response.status_code == 500
    assert "crashed-1" in response.content.decode()
    (crash,) = [line for line in lines.of("django.request") if "exc_info" in line]
    assert crash["request_id"] == "crashed-1"
    assert "ZeroDivisionError: of [email]" in crash["exc_info"]


def test_calls_to_ev_energy_carry_the_id_and_so_do_their_lines(
    ev_energy_api: EvEnergyApi, lines: LiveLines
) -> None:
    ev_energy_api.add_makes([make_json()])

    with bound("joined-up"):
        get_client().makes()

    (request,) = ev_energy_api.requests
    assert request.headers["X-Request-ID"] == "joined-up"
    calls = lines.of("onboarding_portal.ev_energy")
    assert {line["request_id"] for line in calls} == {"joined-up"}
    assert {line["operation"] for line in calls} == {"fetch_token", "makes"}
    assert all(line["outcome"] == "ok" and "duration_ms" in line and "remaining" in line for line in calls)


@pytest.mark.django_db(transaction=True)
def test_while_a_task_runs_its_id_stands_in_the_lines(lines: LiveLines) -> None:
    SEEN_BY_TASKS.clear()
    result = remember_request_id.enqueue()

    run_tasks()

    assert [f"task-{result.id}"] == SEEN_BY_TASKS
    assert [line["request_id"] for line in lines.of("test.tasks")] == [f"task-{result.id}"]
    assert current_request_id.get() == ""


def test_nothing_is_sent_to_ev_energy_where_there_is_no_id(ev_energy_api: EvEnergyApi) -> None:
    ev_energy_api.add_makes([make_json()])

    get_client().makes()

    call: responses.Call = ev_energy_api.mock.calls[-1]
    assert "X-Request-ID" not in call.request.headers
