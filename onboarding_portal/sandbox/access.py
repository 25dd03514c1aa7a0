"""Who calls, whether it may, and what goes wrong on purpose."""

from dataclasses import dataclass
from typing import Self

from werkzeug.wrappers import Request, Response

from onboarding_portal.sandbox.context import Call, Sandbox
from onboarding_portal.sandbox.identifiers import share
from onboarding_portal.sandbox.problems import ProblemError
from onboarding_portal.sandbox.records import User

FORCED_RETRY_AFTER_SECONDS = 5


@dataclass(frozen=True, kw_only=True)
class Admission:
    is_authenticated: bool
    user: User | None


def token_scopes(*, sandbox: Sandbox, request: Request) -> frozenset[str] | None:
    """The scopes of the request's token, None without one. 401 for one that is unknown or over."""
    if "Authorization" not in request.headers:
        return None
    authorization = request.authorization
    token = authorization.token if authorization and authorization.type == "bearer" else None
    known = sandbox.tokens.get(token or "")
    if known is None or known[0] <= sandbox.clock.monotonic_seconds():
        raise ProblemError(
            401,
            detail="Authentication credentials are not valid.",
            headers={"WWW-Authenticate": 'Bearer realm="api", error="invalid_token"'},
        )
    allowed = frozenset(sandbox.behaviour.scopes)
    return allowed & known[1] if known[1] else allowed


def bucket(*, sandbox: Sandbox, request: Request) -> tuple[str, int]:
    """Whose requests are counted together, and how many it may make."""
    try:
        is_anonymous = token_scopes(sandbox=sandbox, request=request) is None
    except ProblemError:
        is_anonymous = True
    if is_anonymous:
        return f"address {request.remote_addr}", sandbox.behaviour.anonymous_rate_limit
    return f"application {sandbox.config.client_id}", sandbox.behaviour.rate_limit


def rate_headers(*, sandbox: Sandbox, request: Request) -> dict[str, str]:
    who, limit = bucket(sandbox=sandbox, request=request)
    remaining = sandbox.limiter.remaining(
        who=who,
        limit=limit,
        window_seconds=sandbox.behaviour.rate_window_seconds,
        now=sandbox.clock.monotonic_seconds(),
    )
    return {"X-RateLimit-Limit": str(limit), "X-RateLimit-Remaining": str(remaining)}


def too_many(*, sandbox: Sandbox, wait_seconds: int) -> ProblemError:
    return ProblemError(
        429,
        problem="rate-limit-exceeded",
        detail=f"Request was rate limited. Try again in {wait_seconds} seconds",
        headers={sandbox.behaviour.retry_after_header: str(wait_seconds)},
    )


def admit(call: Call, *, scope: str) -> Admission:
    """Version, token, limit, scope, owner: in this order. ProblemError 406, 401, 429 or 403."""
    sandbox, request = call.sandbox, call.request
    version = request.headers.get("EvEnergy-Version", "2")
    if version not in {"2", "2.0"}:
        raise ProblemError(406, detail=f"Unsupported version requested: {version[:20]}")
    scopes = token_scopes(sandbox=sandbox, request=request)
    if scopes is None and scope:
        raise ProblemError(401, headers={"WWW-Authenticate": 'Bearer realm="api"'})
    spend(sandbox=sandbox, request=request)
    if scope and scope not in (scopes or ()):
        raise ProblemError(403)
    return Admission(
        is_authenticated=scopes is not None, user=acting_user(call) if scopes is not None else None
    )


def spend(*, sandbox: Sandbox, request: Request) -> None:
    who, limit = bucket(sandbox=sandbox, request=request)
    allowance = sandbox.limiter.spend(
        who=who,
        limit=limit,
        window_seconds=sandbox.behaviour.rate_window_seconds,
        now=sandbox.clock.monotonic_seconds(),
    )
    if not allowance.is_allowed:
        raise too_many(sandbox=sandbox, wait_seconds=allowance.retry_after_seconds)


def acting_user(call: Call) -> User | None:
    user_id = call.request.headers.get("EvEnergy-User")
    if user_id is None:
        return None
    user = call.state.user(user_id)
    if user is None:
        raise ProblemError(403, detail="The application may not act for this user.")
    return user


@dataclass(frozen=True, kw_only=True)
class Faults:
    """What shall go wrong with one call. Drawn from a counter, so that a rehearsal can be repeated."""

    sandbox: Sandbox
    before: int = 0  # status answered instead of doing it
    after: int = 0  # status answered although it was done
    is_broken: bool = False
    is_dropped: bool = False

    @classmethod
    def draw(cls, *, sandbox: Sandbox, operation: str) -> Self:
        behaviour = sandbox.behaviour
        if sandbox.faults_left == 0:
            return cls(sandbox=sandbox)
        sandbox.draws += 1
        status = behaviour.forced_status(operation)
        fault = cls(sandbox=sandbox, before=status)
        if not status and behaviour.concerns(operation):
            fault = cls.at_random(sandbox=sandbox)
        if sandbox.faults_left is not None and fault != cls(sandbox=sandbox):
            sandbox.faults_left -= 1
        return fault

    @classmethod
    def at_random(cls, *, sandbox: Sandbox) -> Self:
        behaviour, turn = sandbox.behaviour, sandbox.draws
        code = 500 if share(turn, "code") < 0.5 else 503
        if share(turn, "error") < behaviour.error_rate:
            is_after = share(turn, "after") < 0.5
            return cls(sandbox=sandbox, before=0 if is_after else code, after=code if is_after else 0)
        if share(turn, "lost") < behaviour.lost_answer_rate:
            return cls(sandbox=sandbox, after=503)
        return cls(
            sandbox=sandbox,
            is_broken=share(turn, "broken") < behaviour.broken_json,
            is_dropped=share(turn, "dropped") < behaviour.drop_connection,
        )

    def problem(self, status: int) -> ProblemError:
        if status == 429:
            return too_many(sandbox=self.sandbox, wait_seconds=FORCED_RETRY_AFTER_SECONDS)
        return ProblemError(status, detail="" if status < 500 else "The sandbox was told to answer so.")

    def raise_before(self) -> None:
        if self.before:
            raise self.problem(self.before)

    def raise_after(self) -> None:
        if self.after:
            raise self.problem(self.after)

    def broken(self, response: Response) -> Response:
        """The first half of the JSON text, as if a proxy had cut it off."""
        if self.is_broken and response.mimetype == "application/json":
            body = response.get_data()
            response.set_data(body[: max(1, len(body) // 2)])
        return response
