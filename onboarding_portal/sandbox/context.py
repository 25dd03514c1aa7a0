"""What a request is answered from: the sandbox as a whole, and one call to it."""

import json
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from werkzeug.wrappers import Request, Response

from onboarding_portal.sandbox.behaviour import Behaviour
from onboarding_portal.sandbox.moments import Clock
from onboarding_portal.sandbox.problems import ProblemError
from onboarding_portal.sandbox.rate_limit import RollingWindow
from onboarding_portal.sandbox.records import User
from onboarding_portal.sandbox.state import State

LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost", "::1", "testserver"})


@dataclass(frozen=True, kw_only=True)
class Config:
    """What is fixed while the sandbox runs."""

    origin: str = "http://127.0.0.1:9000"
    client_id: str = "sandbox-client"
    client_secret: str = "sandbox-secret"  # noqa: S105  a stand-in's secret is public by design
    redirect_origins: tuple[str, ...] = ()  # none named: every origin on this machine is registered
    onboarding_redirect_url: str | None = None
    webhook_url: str = ""
    webhook_secret: str = ""
    behaviour: Behaviour = field(default_factory=Behaviour)

    @property
    def api_url(self) -> str:
        return f"{self.origin}/v2"

    def is_registered(self, redirect_uri: str) -> bool:
        """Scheme and host decide, the path is free. Anything a browser could read differently is refused."""
        if not redirect_uri.isascii() or any(sign <= " " or sign in "\\\x7f" for sign in redirect_uri):
            return False
        try:
            parts = urlsplit(redirect_uri)
            origin = f"{parts.scheme}://{parts.hostname}" + (f":{parts.port}" if parts.port else "")
        except ValueError:
            return False
        if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
            return False
        if not self.redirect_origins:
            return parts.hostname in LOCAL_HOSTS
        return origin in self.redirect_origins


@dataclass(kw_only=True)
class Statistics:
    """What was asked for, for tests and rehearsals to look at."""

    requests: Counter[tuple[str, int]] = field(default_factory=Counter)
    reconnect_links: Counter[str] = field(default_factory=Counter)
    waitlist_entries: int = 0

    def as_json(self) -> dict[str, Any]:
        by_operation: dict[str, dict[str, int]] = {}
        for (operation, status), times in sorted(self.requests.items()):
            by_operation.setdefault(operation, {})[str(status)] = times
        return {
            "requests": by_operation,
            "total": sum(self.requests.values()),
            "rate_limited": sum(times for (_, status), times in self.requests.items() if status == 429),
            "reconnect_links": dict(self.reconnect_links),
            "waitlist_entries": self.waitlist_entries,
        }


@dataclass(kw_only=True)
class Sandbox:
    config: Config
    state: State
    clock: Clock
    behaviour: Behaviour
    faults_left: int | None = None
    draws: int = 0
    tokens: dict[str, tuple[float, frozenset[str]]] = field(default_factory=dict)
    statistics: Statistics = field(default_factory=Statistics)
    limiter: RollingWindow = field(default_factory=RollingWindow)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def behave(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour
        self.faults_left = behaviour.faults_left


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request to one operation, by a known application or by nobody."""

    sandbox: Sandbox
    request: Request
    arguments: Mapping[str, str]
    now_us: int
    is_authenticated: bool = False
    acting_user: User | None = None

    @property
    def state(self) -> State:
        return self.sandbox.state

    @property
    def api_url(self) -> str:
        return self.sandbox.config.api_url

    def json_object(self) -> dict[str, Any]:
        """The body as an object, {} where there is none. 400 if it is something else."""
        body = self.request.get_data()
        if not body.strip():
            return {}
        try:
            value = json.loads(body)
        except ValueError:
            raise ProblemError(400, problem="parse-error", detail="JSON parse error.") from None
        if not isinstance(value, dict):
            raise ProblemError(400, problem="parse-error", detail="Invalid data. Expected an object.")
        return value

    def text_argument(self, name: str) -> str:
        return self.request.args.get(name, "")


def is_loopback(host: str) -> bool:
    """Whether only this machine can be meant. What is no address (an unknown one included) is not."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def json_response(value: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    return Response(
        json.dumps(value, ensure_ascii=False), status=status, headers=headers, content_type="application/json"
    )
