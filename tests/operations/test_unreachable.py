"""The database or the cache is down: people are asked to wait, operators are told, and mistakes stay mistakes."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.cache.backends.filebased import FileBasedCache
from django.db import DatabaseError, InterfaceError, InternalError, OperationalError, connection
from django.test import Client, override_settings
from environ import Env

from onboarding_portal.patience import impatient_cache
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


def check_asks_a_program_to_wait(response: Any) -> None:
    assert response.status_code == 503
    assert response["Retry-After"] == "30"
    assert response["Content-Type"] == "application/problem+json"
    assert response.json()["title"] == "Not available at the moment"


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
            is_for_programs = address.route.startswith("api/") and address.route != "api/v1/docs/"
            (check_asks_a_program_to_wait if is_for_programs else check_asks_to_wait)(response)


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


NOBODY_LISTENS = "127.0.0.1:1"
CACHES_DOWN = {
    "redis": f"redis://:a-word-of-redis@{NOBODY_LISTENS}/0",
    "memcached, by pymemcache": f"pymemcache://{NOBODY_LISTENS}",
    "memcached, by pylibmc": f"pylibmc://{NOBODY_LISTENS}",
}


@pytest.fixture(params=CACHES_DOWN)
def cache_down(request: pytest.FixtureRequest) -> Iterator[str]:
    if request.param.endswith("pylibmc"):
        pytest.importorskip("pylibmc")
    config = impatient_cache(Env.cache_url_config(CACHES_DOWN[request.param]))
    with override_settings(CACHES={"default": config}):
        yield request.param


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["/accounts/login/", "/reconnect/no-such-token/"])
def test_without_a_cache_limits_cannot_be_kept_and_people_are_asked_to_wait(
    page: str, cache_down: str
) -> None:
    visitor = Client(raise_request_exception=False)

    response = visitor.post(page, {"email": "anna@example.com"})

    check_asks_to_wait(response)
    (error,) = errors_logged()
    assert "Error" in error["exc_info"]
    assert "a-word-of-redis" not in json.dumps(error)


def error_of(ask: Callable[[], object]) -> Exception | None:
    try:
        ask()
    except Exception as error:  # noqa: BLE001  each client has its own, which is the point
        return error
    return None


@pytest.mark.usefixtures("cache_down")
def test_without_a_cache_each_way_of_asking_it_is_told_from_a_mistake() -> None:
    asked: list[Callable[[], object]] = [
        lambda: cache.get("key"),
        lambda: cache.set("key", 1),
        lambda: cache.add("key", 1),
        lambda: cache.incr("key"),
        lambda: cache.delete("key"),
        lambda: cache.get_many(["key", "other"]),
        lambda: cache.set_many({"key": 1}),
    ]
    for ask in asked:
        error = error_of(ask)
        assert error is None or is_unreachable(error), repr(error)


def test_a_value_that_a_cache_cannot_unpack_is_its_own_fault(tmp_path: Path) -> None:
    rubbish = FileBasedCache(str(tmp_path), {})
    rubbish.set("key", "value")
    (file,) = tmp_path.iterdir()
    file.write_bytes(b"no pickle")

    error = error_of(lambda: rubbish.get("key"))

    assert isinstance(error, UnpicklingError)
    assert is_unreachable(error)


@pytest.mark.parametrize("error", [OSError("a file of ours"), EOFError(), UnpicklingError()])
def test_what_a_cache_may_raise_is_its_absence_only_where_a_cache_raised_it(error: Exception) -> None:
    def fail() -> None:
        raise error

    assert not is_unreachable(error_of(fail))


@pytest.mark.parametrize(("sqlstate", "passes"), [("25006", True), ("25P03", True), ("XX000", False)])
def test_a_server_made_a_standby_is_waited_for(sqlstate: str, *, passes: bool) -> None:
    error = InternalError("cannot execute INSERT in a read-only transaction")
    error.__cause__ = type("Cause", (Exception,), {"sqlstate": sqlstate})()

    assert is_unreachable(error) is passes
