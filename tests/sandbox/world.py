"""A sandbox without a port, a clock that is moved by hand, and an application that talks to it."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from werkzeug.test import Client, TestResponse

from onboarding_portal.sandbox.application import Application, create_app
from onboarding_portal.sandbox.context import Config
from onboarding_portal.sandbox.moments import SECOND_US, Clock, parse_iso

START_US = parse_iso("2026-03-10T12:00:00Z")
RETURN_ADDRESS = "http://testserver/connect/return/abc/"


@dataclass(frozen=True)
class HandClock(Clock):
    """Stands still until `pass_seconds`."""

    passed: list[float] = field(default_factory=lambda: [0.0])
    slept: list[float] = field(default_factory=list)

    def now_us(self) -> int:
        return START_US + int(self.passed[0] * SECOND_US)

    def monotonic_seconds(self) -> float:
        return 1000.0 + self.passed[0]

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def pass_seconds(self, seconds: float) -> None:
        self.passed[0] += seconds


class LocalClient(Client):
    """Calls from this machine, unless a test says otherwise."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        kwargs["environ_overrides"] = {"REMOTE_ADDR": "127.0.0.1", **kwargs.get("environ_overrides", {})}
        return super().open(*args, **kwargs)


class World:
    def __init__(self, *, config: Config | None = None, state_path: Path | None = None, **more: Any) -> None:
        self.clock: HandClock = more.pop("clock", None) or HandClock()
        self.app: Application = create_app(
            config=config or Config(), state_path=state_path, clock=self.clock, **more
        )
        self.client = LocalClient(self.app)
        self.token = self.new_token()

    def new_token(self, **form: str) -> str:
        response = self.client.post(
            "/o/token/",
            data={"grant_type": "client_credentials", **form},
            auth=("sandbox-client", "sandbox-secret"),
        )
        assert response.status_code == 200, response.text
        assert response.json is not None
        return str(response.json["access_token"])

    def call(self, method: str, path: str, **options: Any) -> TestResponse:
        """A call of the API; `path` is behind `/v2`, or a whole URL as a Link header has it."""
        headers = {
            "Authorization": f"Bearer {self.token}",
            "EvEnergy-Version": "2",
            **options.pop("headers", {}),
        }
        path = path.removeprefix(self.app.sandbox.config.api_url)
        return self.client.open(f"/v2{path}", method=method, headers=headers, **options)

    def get(self, path: str, **options: Any) -> TestResponse:
        return self.call("GET", path, **options)

    def post(self, path: str, **options: Any) -> TestResponse:
        return self.call("POST", path, **options)

    def control(self, method: str, path: str, **options: Any) -> Any:
        response = self.client.open(f"/_sandbox{path}", method=method, **options)
        assert response.status_code < 300, response.text
        return response.json

    def behave(self, **behaviour: Any) -> None:
        self.control("PUT", "/behaviour", json=behaviour)

    def user(self, email: str = "owner@example.com") -> str:
        found = self.get("/users", query_string={"email": email}).json
        return str((found or [self.post("/users", json={"email": email}).json])[0]["id"])

    def vehicle(self, *, email: str = "owner@example.com", **body: Any) -> str:
        return str(self.control("POST", "/vehicles", json={"email": email, **body})["vehicle_ids"][0])

    def make(self, name: str) -> str:
        return next(
            make.make_id for make in self.app.sandbox.state.catalogue.makes.values() if make.name == name
        )

    def model(self, make: str, name: str) -> str:
        models = self.app.sandbox.state.catalogue.models_of(self.make(make))
        return next(model.model_id for model in models if model.name == name)

    def trim(self, make: str, model: str, name: str) -> str:
        trims = self.app.sandbox.state.catalogue.trims_of(self.model(make, model))
        return next(trim.trim_id for trim in trims if trim.name == name)

    # The owner's browser

    def onboard(self, **query: str) -> TestResponse:
        defaults = {
            "user_id": self.user(),
            "client_id": "sandbox-client",
            "redirect_uri": RETURN_ADDRESS,
        }
        return self.client.get("/v2/vehicle_onboarding", query_string={**defaults, **query})

    def sign_in(self, path: str, **form: str) -> TestResponse:
        fields = {"username": "demo@example.com", "password": "demo-password", "decision": "sign_in"}
        return self.client.post(path, data={**fields, **form})

    def connected(self, *, vehicles: tuple[str, ...] = ("0",), **query: str) -> list[str]:
        """The whole way through; the ids that come back."""
        consent = location(self.sign_in(location(self.onboard(**query))))
        back = self.client.post(consent, data={"vehicle": list(vehicles), "decision": "approve"})
        return returned(back)["vehicle_uid"]

    def reconnect_link(self, vehicle_id: str) -> str:
        response = self.post(f"/vehicles/{vehicle_id}/reconnect")
        assert response.json is not None
        return str(response.json["url"]).removeprefix(self.app.sandbox.config.origin)


def location(response: TestResponse) -> str:
    """Where a redirect leads, as a path if it stays on the sandbox."""
    assert response.status_code == 302, response.text
    return response.headers["Location"].removeprefix("http://127.0.0.1:9000")


def returned(response: TestResponse) -> dict[str, list[str]]:
    """The query a browser brings back to the application."""
    assert location(response).startswith(RETURN_ADDRESS)
    return parse_qs(urlsplit(location(response)).query)


def continue_link(page: TestResponse) -> str:
    found = re.search(r'id="continue" href="([^"]+)"', page.text)
    assert found
    return found[1]


def links(response: TestResponse) -> dict[str, str]:
    """The Link header: relation to URL."""
    found = re.findall(r'<([^>]+)>; rel="(\w+)"', response.headers.get("Link", ""))
    return {relation: url for url, relation in found}
