"""The token: fetched once, shared, renewed ahead of its end and after a 401."""

import base64
import threading
import time
from urllib.parse import parse_qsl

import pytest
from pytest_django import Settings

from onboarding_portal.ev_energy.auth import Credentials, Token, TokenSource
from onboarding_portal.ev_energy.client import Client, forget_client, get_client
from onboarding_portal.ev_energy.errors import (
    BadResponse,
    EvEnergyError,
    RateLimited,
    Unauthorized,
    Unavailable,
)
from onboarding_portal.ev_energy.transport import Transport
from tests.ev_energy.servers import Server, server
from tests.ev_energy_api import EvEnergyApi

CREDENTIALS = Credentials(
    token_url="https://api.ev.energy/o/token/", client_id="portal-client", client_secret="portal-secret"
)


class Clock:
    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def source(clock: Clock, credentials: Credentials = CREDENTIALS) -> TokenSource:
    """As another process has it: nothing shared but the cache."""
    transport = Transport(connect_timeout_seconds=1, read_timeout_seconds=1)
    return TokenSource(credentials=credentials, transport=transport, clock=clock)


def give_tokens(api: EvEnergyApi, *names: str, seconds: int = 36_000) -> None:
    """Only these are given out, in this order; the first lives so many seconds."""
    api.mock.remove(api.token_answer)
    for name in names:
        api.add_token(access_token=name, expires_in=seconds if name == names[0] else 36_000)


def test_token_is_asked_for_with_the_clients_credentials(clock: Clock, ev_energy_api: EvEnergyApi) -> None:
    token = source(clock).token()

    request = ev_energy_api.mock.calls[0].request
    basic = base64.b64encode(b"portal-client:portal-secret").decode()
    assert token.secret == "a-token"
    assert request.headers["Authorization"] == f"Basic {basic}"
    assert parse_qsl(str(request.body)) == [("grant_type", "client_credentials")]


def test_processes_share_one_token(clock: Clock, ev_energy_api: EvEnergyApi) -> None:
    assert source(clock).token() == source(clock).token()
    assert ev_energy_api.token_answer.call_count == 1


def test_token_is_renewed_ahead_of_its_end(clock: Clock, ev_energy_api: EvEnergyApi) -> None:
    give_tokens(ev_energy_api, "first", "second", seconds=36_000)
    here, there = source(clock), source(clock)

    clock.now += 35_600
    start = [here.token().secret, there.token().secret]
    clock.now += 35_600
    still = here.token().secret
    clock.now += 200
    renewed = [here.token().secret, there.token().secret]

    assert (start, still, renewed) == (["first", "first"], "first", ["second", "second"])


def test_short_lived_token_is_used_for_most_of_its_life(clock: Clock, ev_energy_api: EvEnergyApi) -> None:
    give_tokens(ev_energy_api, "first", "second", seconds=60)
    tokens = source(clock)
    tokens.token()

    clock.now += 53
    assert tokens.token().secret == "first"
    clock.now += 2
    assert tokens.token().secret == "second"


def test_old_token_is_used_on_while_another_process_renews_it(
    clock: Clock, ev_energy_api: EvEnergyApi
) -> None:
    give_tokens(ev_energy_api, "first")
    tokens = source(clock)
    tokens.token()
    clock.now += 35_900
    meanwhile: list[str] = []

    def renew(request: object) -> tuple[int, dict[str, str], str]:
        meanwhile.append(tokens.token().secret)
        return 200, {}, '{"access_token": "second", "expires_in": 36000}'

    ev_energy_api.mock.add_callback("POST", CREDENTIALS.token_url, renew, content_type="application/json")

    assert source(clock).token().secret == "second"
    assert meanwhile == ["first"]


def test_other_credentials_do_not_get_the_token(clock: Clock, ev_energy_api: EvEnergyApi) -> None:
    give_tokens(ev_energy_api, "first", "second")
    source(clock).token()

    changed = Credentials(
        token_url=CREDENTIALS.token_url, client_id=CREDENTIALS.client_id, client_secret="new-secret"
    )

    assert source(clock, changed).token().secret == "second"


def test_token_refused_once_is_renewed_and_the_call_repeated(
    client: Client, ev_energy_api: EvEnergyApi
) -> None:
    give_tokens(ev_energy_api, "revoked", "fresh")
    ev_energy_api.add_problem("GET", "/vehicle_makes", 401, breaks_contract=True)
    ev_energy_api.add_makes([])

    assert client.makes().items == ()

    used = [request.headers["Authorization"] for request in ev_energy_api.requests]
    assert used == ["Bearer revoked", "Bearer fresh"]


def test_token_refused_twice_is_unauthorized(client: Client, ev_energy_api: EvEnergyApi) -> None:
    ev_energy_api.add_problem("GET", "/vehicle_makes", 401, breaks_contract=True)

    with pytest.raises(Unauthorized) as caught:
        client.makes()

    assert (caught.value.status, caught.value.operation) == (401, "makes")
    assert len(ev_energy_api.requests) == 2


def test_post_refused_for_its_token_is_repeated_with_a_new_one(
    client: Client, ev_energy_api: EvEnergyApi
) -> None:
    ev_energy_api.add_problem("POST", "/users", 401)
    ev_energy_api.add_created_user()

    assert client.create_user(email="owner1@example.com").email == "owner1@example.com"


def test_refused_token_already_renewed_elsewhere_is_not_fetched_again(
    clock: Clock, ev_energy_api: EvEnergyApi
) -> None:
    give_tokens(ev_energy_api, "revoked", "fresh", "too many")
    here, there = source(clock), source(clock)
    revoked = here.token()
    there.token()

    assert there.token(refused=revoked).secret == "fresh"
    assert here.token(refused=revoked).secret == "fresh"


@pytest.mark.parametrize(
    ("status", "error_class"),
    [
        (400, Unauthorized),
        (401, Unauthorized),
        (429, RateLimited),
        (503, Unavailable),
    ],
)
def test_token_endpoint_that_refuses_says_why(
    client: Client, ev_energy_api: EvEnergyApi, status: int, error_class: type[EvEnergyError]
) -> None:
    ev_energy_api.mock.replace("POST", CREDENTIALS.token_url, json={"error": "invalid_client"}, status=status)

    with pytest.raises(error_class) as caught:
        client.makes()

    assert type(caught.value) is error_class
    assert caught.value.operation == "fetch_token"
    assert ev_energy_api.requests == []


@pytest.mark.parametrize(
    "answer",
    [
        {},
        [],
        {"access_token": 3, "expires_in": 60},
        {"access_token": "", "expires_in": 60},
        {"access_token": "a\r\nX: y", "expires_in": 60},
        {"access_token": "a\N{LATIN SMALL LETTER E WITH ACUTE}", "expires_in": 60},
    ],
)
def test_unusable_token_is_a_bad_response(client: Client, ev_energy_api: EvEnergyApi, answer: object) -> None:
    ev_energy_api.mock.replace("POST", CREDENTIALS.token_url, json=answer)

    with pytest.raises(BadResponse):
        client.makes()


@pytest.mark.parametrize(
    ("backend", "location"),
    [("dummy.DummyCache", ""), ("filebased.FileBasedCache", "/proc/nowhere")],
    ids=["empty", "down"],
)
def test_cache_that_is_empty_or_down_costs_only_requests(
    ev_energy_api: EvEnergyApi, settings: Settings, backend: str, location: str, clock: Clock
) -> None:
    settings.CACHES = {"default": {"BACKEND": f"django.core.cache.backends.{backend}", "LOCATION": location}}
    ev_energy_api.add_makes([])
    forget_client()

    assert get_client().makes().items == ()
    assert get_client().makes().items == ()
    assert ev_energy_api.token_answer.call_count == 1
    assert source(clock).token().secret == "a-token"


def test_herd_without_a_token_fetches_it_once(clock: Clock) -> None:
    body = b'{"access_token": "shared", "expires_in": 36000}'
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)

    def slow(connection: object) -> None:
        time.sleep(0.1)
        connection.sendall(head + body)

    with server(slow) as running:
        tokens = _tokens_of_a_herd(running, clock)

    assert [token.secret for token in tokens] == ["shared"] * 8
    assert len(running.requests) == 1


def _tokens_of_a_herd(running: Server, clock: Clock) -> list[Token]:
    credentials = Credentials(token_url=running.url, client_id="c", client_secret="s")
    tokens: list[Token] = []
    together = threading.Barrier(8)

    def fetch() -> None:
        tokens_of_thread = source(clock, credentials)
        together.wait()
        tokens.append(tokens_of_thread.token())

    herd = [threading.Thread(target=fetch) for _ in range(8)]
    for thread in herd:
        thread.start()
    for thread in herd:
        thread.join()
    return tokens


@pytest.mark.parametrize("seconds", [10**12, 10**400])
def test_token_said_to_live_for_ages_is_shared_and_renewed_within_a_day(
    clock: Clock, ev_energy_api: EvEnergyApi, seconds: int
) -> None:
    give_tokens(ev_energy_api, "first", "second", seconds=seconds)

    assert source(clock).token() == source(clock).token()
    clock.now += 86_400
    assert source(clock).token().secret == "second"
