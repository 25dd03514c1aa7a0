"""The WSGI application: finds the operation, applies version, token, limit, scope and faults, and answers."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from socket import SHUT_RDWR
from typing import TYPE_CHECKING

from werkzeug.exceptions import HTTPException, MethodNotAllowed
from werkzeug.routing import Map
from werkzeug.wrappers import Request, Response

from onboarding_portal.sandbox.access import Faults, admit, rate_headers
from onboarding_portal.sandbox.context import Call, Config, Sandbox
from onboarding_portal.sandbox.control import refuse_strangers
from onboarding_portal.sandbox.moments import Clock
from onboarding_portal.sandbox.pages import message_page
from onboarding_portal.sandbox.problems import ProblemError
from onboarding_portal.sandbox.routes import BY_NAME, Area, Operation, url_map
from onboarding_portal.sandbox.seeding import seed_fleet
from onboarding_portal.sandbox.state import State

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

LARGEST_BODY_BYTES = 1_000_000


class SandboxRequest(Request):
    max_content_length = LARGEST_BODY_BYTES


@dataclass(frozen=True)
class Application:
    """Safe to be called by many threads: one request at a time touches the state."""

    sandbox: Sandbox
    routes: Map

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        response = self.answer(SandboxRequest(environ))
        return response(environ, start_response)

    def answer(self, request: Request) -> Response:
        api_url = self.sandbox.config.api_url
        instance = self.sandbox.config.origin + request.path
        is_page = not request.path.startswith(("/v2/", "/o/", "/_sandbox/"))
        try:
            name, arguments = self.routes.bind_to_environ(request.environ).match()
        except MethodNotAllowed as error:
            allow = ", ".join(error.valid_methods or ())
            response = ProblemError(405, headers={"Allow": allow}).response(
                api_url=api_url, instance=instance
            )
            return with_api_headers(self.sandbox, request, response)
        except HTTPException:
            if is_page:
                return message_page(title="Not found", text="There is nothing at this address.", status=404)
            response = ProblemError(404).response(api_url=api_url, instance=instance)
            return with_api_headers(self.sandbox, request, response)
        operation = BY_NAME[name]
        now_us = self.sandbox.clock.now_us()
        call = Call(sandbox=self.sandbox, request=request, arguments=arguments, now_us=now_us)
        try:
            response = self.run(operation, call)
        except ProblemError as problem:
            response = problem.response(api_url=api_url, instance=instance)
        except HTTPException as error:  # a body too large, or not what its content type says
            code = error.code if error.code in {400, 413} else 400
            response = ProblemError(code).response(api_url=api_url, instance=instance)
        return self.noted(operation, request, response)

    def noted(self, operation: Operation, request: Request, response: Response) -> Response:
        if operation.area in {Area.API, Area.BROWSER_API, Area.TOKEN}:
            with self.sandbox.lock:
                self.sandbox.statistics.requests[operation.name, response.status_code] += 1
        return with_api_headers(self.sandbox, request, response) if operation.area is Area.API else response

    def run(self, operation: Operation, call: Call) -> Response:
        sandbox = self.sandbox
        if operation.area is Area.PAGE:
            with sandbox.lock:
                return operation.handler(call)
        if operation.area is Area.CONTROL:
            refuse_strangers(call)
            with sandbox.lock:
                return operation.handler(call)
        behaviour = sandbox.behaviour
        if behaviour.latency_ms and behaviour.concerns(operation.name):
            sandbox.clock.sleep(behaviour.latency_ms / 1000)
        with sandbox.lock:
            if operation.area is Area.API:
                admission = admit(call, scope=operation.scope)
                call = replace(call, is_authenticated=admission.is_authenticated, acting_user=admission.user)
            faults = Faults.draw(sandbox=sandbox, operation=operation.name)
            faults.raise_before()
            response = operation.handler(call)
        faults.raise_after()
        if faults.is_dropped:
            drop_connection(call.request)
        return faults.broken(response)


def with_api_headers(sandbox: Sandbox, request: Request, response: Response) -> Response:
    if request.path.startswith("/v2/"):
        response.headers.update(rate_headers(sandbox=sandbox, request=request))
        response.headers["EvEnergy-Version"] = "2"
    return response


def drop_connection(request: Request) -> None:
    """Closes the socket under the server's feet, as a network that failed would."""
    if connection := request.environ.get("werkzeug.socket"):
        connection.shutdown(SHUT_RDWR)


def create_app(
    *,
    config: Config | None = None,
    state_path: Path | None = None,
    clock: Clock | None = None,
    vehicles: int = 0,
    inactive_share: float = 0.0,
) -> Application:
    """A sandbox with its catalogue, `vehicles` vehicles of many owners, and what the state file holds."""
    config, clock = config or Config(), clock or Clock()
    state = State(path=state_path, now_us=clock.now_us())
    seed_fleet(state=state, vehicles=vehicles, inactive_share=inactive_share)
    state.restore()
    sandbox = Sandbox(config=config, state=state, clock=clock, behaviour=config.behaviour)
    sandbox.behave(config.behaviour)
    return Application(sandbox=sandbox, routes=url_map())
