"""What every cell of the table needs: an end to each wait, a look at the page, and the thing that breaks."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from onboarding_portal.ev_energy import retries
from onboarding_portal.ev_energy.client import forget_client
from onboarding_portal.sandbox.application import Application, create_app
from onboarding_portal.sandbox.context import Config
from onboarding_portal.sandbox.server import build_server, listen
from tests.faults.proxy import Proxy, proxy_before

LONGEST_SECONDS = 10.0
TABLE = "Faults"
CELLS = ["down", "refused", "slow", "hangs", "wrong answer", "back again"]
# For the cell "back again", one after the other. Each cell ends with the thing back again, the slow ones too.
QUICK_CELLS = ["down", "refused", "wrong answer"]


@contextmanager
def within_ten_seconds() -> Iterator[None]:
    """What is promised to whoever looks at a screen. A promise, and no benchmark: nothing here takes near so long."""
    started = time.monotonic()
    yield
    assert time.monotonic() - started < LONGEST_SECONDS


def check_page(response: HttpResponse, *, status: int, says: str) -> None:
    """A page for people, that holds no traceback and nothing of how the portal is made."""
    page = response.content.decode()
    assert response.status_code == status
    assert says in page
    for unwanted in ("Traceback", "Exception", "Error at", "127.0.0.1:", "portal-secret", "psycopg"):
        assert unwanted not in page


def visitor() -> Client:
    return Client(raise_request_exception=False)


@pytest.fixture
def cell(table_cell: Callable[..., None]) -> Callable[[str, str, str], None]:
    """Call it as `cell(thing, kind, says)` ahead of what may fail."""

    def write(thing: str, kind: str, says: str) -> None:
        assert kind in CELLS
        table_cell(TABLE, row=thing, column=kind, says=says)

    return write


class EvEnergy:
    """The sandbox, with a proxy before its token endpoint and another before all the rest."""

    def __init__(self, app: Application, token: Proxy, api: Proxy) -> None:
        self.app, self.token, self.api = app, token, api

    @property
    def state(self) -> Any:
        return self.app.sandbox.state

    @property
    def now_us(self) -> int:
        return self.app.sandbox.clock.now_us()


@pytest.fixture
def ev_energy(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[EvEnergy]:
    monkeypatch.setattr(retries, "BACKOFF_SECONDS", 0.02)  # in production 0.2
    listener = listen(host="127.0.0.1", port=0)
    port = listener.getsockname()[1]
    with proxy_before(port) as token, proxy_before(port) as api:
        origin = f"http://127.0.0.1:{api.port}"
        app = create_app(config=Config(origin=origin))
        server = build_server(listener=listener, app=app)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        settings.EV_ENERGY_API_URL = f"{origin}/v2"
        settings.EV_ENERGY_TOKEN_URL = f"http://127.0.0.1:{token.port}/o/token/"
        settings.EV_ENERGY_CLIENT_ID, settings.EV_ENERGY_CLIENT_SECRET = "sandbox-client", "sandbox-secret"
        # In production 3 and 5 seconds. What depends on them is held by tests/test_timing.py.
        settings.EV_ENERGY_CONNECT_TIMEOUT_SECONDS, settings.EV_ENERGY_READ_TIMEOUT_SECONDS = 0.3, 0.3
        forget_client()
        yield EvEnergy(app, token, api)
        forget_client()
        token.go_down()
        api.go_down()
        server.shutdown()
        thread.join()
        app.sandbox.state.close()
