"""Nothing secret and nobody's address in logs or reprs; one log line for each call."""

import logging
import traceback

import pytest
import requests

from onboarding_portal.ev_energy.auth import BearerAuth, Credentials, Token
from onboarding_portal.ev_energy.client import Client
from onboarding_portal.ev_energy.errors import EvEnergyError
from onboarding_portal.ev_energy.transport import Call
from tests.ev_energy_answers import an_id, user_json
from tests.ev_energy_api import EvEnergyApi

SECRETS = ["a-token", "portal-secret", "ada@example.com", "ada%40example.com", "56091b3b"]


def everything(records: list[logging.LogRecord]) -> str:
    return "\n".join(f"{record.getMessage()} {record.__dict__!r}" for record in records)


def test_calls_leave_no_secret_in_the_log(
    client: Client, ev_energy_api: EvEnergyApi, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    ev_energy_api.add_users(user_json(email="ada@example.com"))
    ev_energy_api.add_created_user(user_json(email="ada@example.com"))
    ev_energy_api.add_reconnect_link(an_id("vhcl"))

    client.find_users(email="ada@example.com")
    client.create_user(email="ada@example.com")
    client.create_reconnect_link(vehicle_id=an_id("vhcl"))

    assert len(caplog.records) >= 4
    assert [secret for secret in SECRETS if secret in everything(caplog.records)] == []


@pytest.mark.parametrize(
    "failure",
    [
        requests.ConnectionError("/users?email=ada@example.com"),
        requests.ReadTimeout("ada@example.com a-token"),
    ],
)
def test_failed_call_leaves_no_secret_in_log_or_traceback(
    client: Client, ev_energy_api: EvEnergyApi, caplog: pytest.LogCaptureFixture, failure: Exception
) -> None:
    caplog.set_level(logging.DEBUG)
    ev_energy_api.add_failure("GET", "/users", failure)

    address = "ada@example.com"  # a traceback shows the lines of the code, this test's too
    with pytest.raises(EvEnergyError) as caught:
        client.find_users(email=address)

    told = everything(caplog.records) + "".join(traceback.format_exception(caught.value))
    assert [secret for secret in SECRETS if secret in told] == []


def test_urllib3_does_not_log_addresses(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)

    logging.getLogger("urllib3.connectionpool").warning("Retrying after /users?email=ada@example.com")
    logging.getLogger("urllib3.util.retry").debug("Incremented Retry for /users?email=ada@example.com")

    assert caplog.records == []


def test_each_call_is_one_line_of_facts(
    client: Client, ev_energy_api: EvEnergyApi, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="onboarding_portal.ev_energy")
    ev_energy_api.add_makes([])
    ev_energy_api.add_problem("GET", "/vehicle_models", 429, headers={"X-RateLimit-Remaining": "0"})

    client.makes()
    with pytest.raises(EvEnergyError):
        client.models()

    facts = [
        (
            record.__dict__["operation"],
            record.__dict__["outcome"],
            record.__dict__["status"],
            record.__dict__["remaining"],
            record.levelname,
        )
        for record in caplog.records
    ]
    assert facts == [
        ("fetch_token", "ok", 200, None, "INFO"),
        ("makes", "ok", 200, 990, "INFO"),
        ("models", "RateLimited", 429, 0, "WARNING"),
    ]
    assert all(record.__dict__["duration_ms"] >= 0 for record in caplog.records)


def test_reprs_show_no_secret() -> None:
    token = Token(secret="a-token", renew_at=1, expires_at=2)
    shown = [
        repr(token),
        repr(BearerAuth(token)),
        repr(Credentials(token_url="https://x", client_id="c", client_secret="portal-secret")),
        repr(
            Call(operation="o", url="https://x/?email=ada@example.com", query=[("email", "ada@example.com")])
        ),
    ]

    assert [secret for secret in SECRETS if secret in "".join(shown)] == []
