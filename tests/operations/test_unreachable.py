"""The database or the cache is down: people are asked to wait, operators are told, and mistakes stay mistakes."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError, connection
from django.test import Client, override_settings

from onboarding_portal.unreachable import is_unreachable
from tests.factories import make_owner
from tests.log_check import collected
from tests.test_headers import POLICY
from tests.urlconf import Address, addresses


@pytest.fixture
def visitor() -> Client:
    """With a session, so that every page asks the database who this is."""
    client = Client(raise_request_exception=False)
    client.cookies[settings.SESSION_COOKIE_NAME] = "x" * 32
    return client


def errors_logged() -> list[dict[str, Any]]:
    lines = [json.loads(line) for line in collected.lines]
    return [line for line in lines if line["level"] in {"ERROR", "CRITICAL"}]


def check_asks_to_wait(response: Any) -> None:
    page = response.content.decode()
    assert response.status_code == 503
    assert response["Retry-After"] == "30"
    assert "We can’t reach our records right now" in page
    assert page.count("<h1>") == 1
    assert "Brightfield Energy" in page
    assert response["X-Request-ID"] in page


@pytest.mark.usefixtures("unreachable_database")
def test_without_a_database_people_are_asked_to_wait(visitor: Client) -> None:
    response = visitor.get("/vehicles/")

    check_asks_to_wait(response)
    assert "Nothing you did is lost. Try again in a minute." in response.content.decode()
    assert "session" not in response.cookies  # nobody is signed out by it


@pytest.mark.usefixtures("unreachable_database")
def test_without_a_database_a_form_may_have_got_lost(visitor: Client) -> None:
    response = visitor.post("/accounts/login/", {"email": "anna@example.com"})

    check_asks_to_wait(response)
    page = response.content.decode()
    assert "send it again" in page
    assert "Try again</a>" not in page
    assert "anna@example.com" not in page


@pytest.mark.usefixtures("unreachable_database")
def test_without_a_database_the_page_has_the_security_headers(visitor: Client) -> None:
    response = visitor.get("/vehicles/")

    assert not set(POLICY) - set(response["Content-Security-Policy"].split("; "))
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "same-origin"
    assert "no-store" in response["Cache-Control"]
    assert "style=" not in response.content.decode()


@pytest.mark.usefixtures("unreachable_database")
def test_without_a_database_operators_read_one_error_that_tells_the_cause(visitor: Client) -> None:
    response = visitor.get("/vehicles/")

    (error,) = errors_logged()
    assert error["message"] == "Service Unavailable: /vehicles/"
    assert "OperationalError" in error["exc_info"]
    assert error["request_id"] == response["X-Request-ID"]


@pytest.mark.usefixtures("unreachable_database")
@pytest.mark.parametrize("address", addresses(), ids=lambda address: address.route)
def test_without_a_database_no_address_crashes(visitor: Client, address: Address) -> None:
    for response in (visitor.get(address.path()), visitor.post(address.path())):
        assert response.status_code != 500
        if response.status_code == 503:
            check_asks_to_wait(response)


@contextmanager
def database_that_raises(error: Exception) -> Iterator[None]:
    def refuse(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        raise error

    with connection.execute_wrapper(refuse):
        yield


@pytest.mark.django_db
def test_a_database_lost_in_the_midst_of_a_session_is_waited_for_too() -> None:
    owner = Client(raise_request_exception=False)
    owner.force_login(make_owner())

    with database_that_raises(InterfaceError("connection already closed")):
        response = owner.get("/vehicles/")

    check_asks_to_wait(response)
    assert owner.get("/vehicles/").status_code == 200


@pytest.mark.django_db
def test_a_mistake_in_a_query_is_a_crash_and_not_hidden() -> None:
    with pytest.raises(DatabaseError, match="no_such_table") as caught, connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM no_such_table")

    assert not is_unreachable(caught.value)


@pytest.mark.parametrize("error", [None, ConnectionError("ev.energy"), TimeoutError(), ValueError()])
def test_other_errors_are_not_taken_for_it(error: Exception | None) -> None:
    assert not is_unreachable(error)


def test_a_table_that_is_locked_too_long_is_waited_for() -> None:
    assert is_unreachable(OperationalError("database is locked"))


REDIS_DOWN = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": "redis://:a-word-of-redis@127.0.0.1:1/0",
    }
}


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["/accounts/login/", "/reconnect/no-such-token/"])
def test_without_redis_limits_cannot_be_kept_and_people_are_asked_to_wait(page: str) -> None:
    visitor = Client(raise_request_exception=False)

    with override_settings(CACHES=REDIS_DOWN):
        response = visitor.post(page, {"email": "anna@example.com"})

    check_asks_to_wait(response)
    (error,) = errors_logged()
    assert "redis.exceptions.ConnectionError" in error["exc_info"]
    assert "a-word-of-redis" not in json.dumps(error)
