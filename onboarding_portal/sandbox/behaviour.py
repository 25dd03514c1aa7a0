"""How the sandbox behaves at the moment: set by `PUT /_sandbox/behaviour`, by the command line, or left alone."""

from dataclasses import MISSING, Field, dataclass, field, fields, replace
from typing import Any

SCOPES = (
    *("user:read", "user:write", "vehicle:read", "vehicle:write", "debug:read"),
    *("tariff:read", "charging_session:read"),
)
ONLY_WHEN_NAMED = frozenset({"token", "get-vehicle_onboarding"})
STATUSES = frozenset({400, 401, 403, 404, 429, 500, 502, 503, 504})


class BehaviourError(ValueError):
    """A behaviour was asked for that does not exist; the text names it."""


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """Shares go from 0 (never) to 1 (always); operations are named by the contract's operation ids, or `token`."""

    operations: tuple[
        str, ...
    ] = ()  # what the faults below apply to; empty means every operation with a limit
    latency_ms: int = 0
    error_rate: float = 0.0  # answered 500 or 503; half of them after the effect took place
    lost_answer_rate: float = 0.0  # answered 503 always after the effect took place
    broken_json: float = 0.0  # half a JSON text, status 200 and all
    drop_connection: float = 0.0  # the connection is closed without an answer, after the effect took place
    faults_left: int | None = None  # the faults above and `status` stop after so many; None means never
    status: dict[str, int] = field(default_factory=dict)  # operation id, or "*", to the status it answers
    rate_limit: int = 1000
    rate_window_seconds: float = 3600.0
    anonymous_rate_limit: int = 50
    retry_after_header: str = "Retry-After"  # the documentation also calls it RetryAfter
    first_sample_after_seconds: float = 3.0  # from a connection to the vehicle's first status log
    sample_interval_seconds: float = 300.0  # between status logs of vehicles connected from now on
    reconnect_link_lifetime_seconds: float = 3600.0
    reconnect_expiry_field: str = "expires_at"  # the documented examples say `expiry`; "" leaves it out
    delete_status: int = 200  # ev.energy's own sandbox answers 204
    smart_charging_from_start: float = 1.0  # 0: the owner of a car connected from now on has to switch it on
    scopes: tuple[str, ...] = SCOPES

    def concerns(self, operation: str) -> bool:
        return operation in self.operations if self.operations else operation not in ONLY_WHEN_NAMED

    def forced_status(self, operation: str) -> int:
        """What the operation shall answer whatever is asked; 0 for nothing of the kind."""
        everywhere = 0 if operation in ONLY_WHEN_NAMED else self.status.get("*", 0)
        return self.status.get(operation, everywhere)


def changed(*, behaviour: Behaviour, values: object) -> Behaviour:
    """`behaviour` with the JSON object's values in it. BehaviourError for a wrong name, type or range."""
    if not isinstance(values, dict):
        raise BehaviourError("a JSON object is expected")
    known = {item.name: item for item in fields(Behaviour)}
    if unknown := sorted(set(values) - set(known)):
        raise BehaviourError(f"unknown: {', '.join(map(str, unknown))}")
    return replace(
        behaviour, **{name: checked(item=known[name], value=value) for name, value in values.items()}
    )


def checked(*, item: Field[Any], value: Any) -> Any:
    """`value` as the field's type, or BehaviourError."""
    if item.name == "status":
        return checked_statuses(value)
    if item.name == "faults_left" and value is None:
        return None
    default = 0 if item.name == "faults_left" else item.default
    if isinstance(default, tuple):
        if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
            raise BehaviourError(f"{item.name}: a list of strings is expected")
        return tuple(value)
    if isinstance(default, str):
        if not isinstance(value, str):
            raise BehaviourError(f"{item.name}: a string is expected")
        return value
    if default is MISSING or not isinstance(value, int | float) or value < 0:
        raise BehaviourError(f"{item.name}: a number from 0 is expected")
    if item.name in {"error_rate", "lost_answer_rate", "broken_json", "drop_connection"} and value > 1:
        raise BehaviourError(f"{item.name}: a share from 0 to 1 is expected")
    return int(value) if isinstance(default, int) else float(value)


def checked_statuses(value: Any) -> dict[str, int]:
    if not isinstance(value, dict) or not all(code in STATUSES for code in value.values()):
        raise BehaviourError(f"status: an object from operation to one of {sorted(STATUSES)} is expected")
    return {str(operation): int(code) for operation, code in value.items()}
