"""A cache of its own, over the network. A cache in the database is the database's own row."""

import json
from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import pytest
from django.test import override_settings
from environ import Env

from onboarding_portal import patience
from onboarding_portal.patience import CACHE_SECONDS, impatient_cache
from tests.factories import make_owner
from tests.faults.cache_servers import cache_server, forget_locks
from tests.faults.conftest import CELLS, EvEnergy, check_page, visitor, within_ten_seconds
from tests.faults.proxy import Proxy, proxy_before
from tests.log_check import collected

pytestmark = pytest.mark.django_db

URLS = {"redis": "redis://127.0.0.1:{}/0", "memcached": "pymemcache://127.0.0.1:{}"}
REFUSALS = {
    "redis": b"-NOAUTH Authentication required.\r\n" * 20,
    "memcached": b"SERVER_ERROR out of memory storing object\r\n",
}
NUMBERS = count()  # of addresses, each of which may ask for few codes
RUBBISH = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 3\r\n\r\nno\n"
BREAK: dict[str, Callable[[str, Proxy], None]] = {
    "down": lambda kind, proxy: proxy.go_down(),
    "refused": lambda kind, proxy: proxy.refuse(REFUSALS[kind]),
    "slow": lambda kind, proxy: proxy.slow_down(seconds=3),
    "hangs": lambda kind, proxy: proxy.hang(),
    "wrong answer": lambda kind, proxy: proxy.refuse(RUBBISH),
}
SAYS = {
    "down": "sign-in: 503 page; ev.energy: owners go on, bulk waits; heals: at once",
    "refused": "as down",
    "slow": f"given up after {CACHE_SECONDS} s, then as down",
    "hangs": f"given up after {CACHE_SECONDS} s, then as down",
    "wrong answer": "as down",
    "back again": "sign-in works at once; memcached within 5 s; limits begin anew if it was emptied",
}


@pytest.fixture(params=["redis", "memcached"])
def cache(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Proxy]]:
    monkeypatch.setattr(patience, "CACHE_SECONDS", 0.15)  # what depends on it is held by tests/test_timing.py
    with cache_server(request.param) as port, proxy_before(port) as proxy:
        config = impatient_cache(Env.cache_url_config(URLS[request.param].format(proxy.port)))
        if request.param == "memcached":
            config["OPTIONS"]["dead_timeout"] = 0  # in production 5 seconds
        with override_settings(CACHES={"default": config}):
            yield request.param, proxy


def ask_for_code() -> Any:
    with within_ten_seconds():
        return visitor().post("/accounts/login/", {"email": f"anna{next(NUMBERS)}@example.com"})


@pytest.mark.parametrize("kind", CELLS)
def test_signing_in_asks_to_wait_and_works_when_the_cache_is_back(
    kind: str, cache: tuple[str, Proxy], cell: Callable[[str, str, str], None]
) -> None:
    name, proxy = cache
    cell(f"cache ({name})", kind, SAYS[kind])
    assert ask_for_code().status_code == 302
    for each in BREAK if kind == "back again" else [kind]:
        BREAK[each](name, proxy)
        check_page(ask_for_code(), status=503, says="We can’t reach our records right now")
        proxy.come_back()
        forget_locks()
        assert ask_for_code().status_code == 302


@pytest.mark.parametrize("kind", BREAK)
def test_an_owner_can_leave_for_ev_energy_without_a_cache(
    kind: str, cache: tuple[str, Proxy], ev_energy: EvEnergy
) -> None:
    """Neither the token nor the budget can be shared then; the owner is not asked to wait for that."""
    owner = visitor()
    owner.force_login(make_owner(ev_energy_user_id=None))
    BREAK[kind](cache[0], cache[1])

    with within_ten_seconds():
        response = owner.post("/connect/start/")

    assert response.status_code == 302
    assert "/vehicle_onboarding" in response["Location"]


def test_no_line_of_the_log_holds_the_caches_password(cache: tuple[str, Proxy]) -> None:
    cache[1].go_down()

    ask_for_code()

    errors = [line for line in map(json.loads, collected.lines) if line["level"] == "ERROR"]
    assert [error["message"] for error in errors] == ["Service Unavailable: /accounts/login/"]
