"""What the sandbox remembers: users, vehicles, and the flows of owners through its pages."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self


@dataclass(kw_only=True, slots=True)
class User:
    user_id: str
    email: str | None
    full_name: str
    joined_at_us: int
    home: dict[str, Any] = field(
        default_factory=dict
    )  # what is set of `default_location`; `tariff_id` among it

    @property
    def has_address(self) -> bool:
        return bool(self.home.get("address_1"))

    @property
    def item_id(self) -> str:
        return self.user_id


@dataclass(kw_only=True, slots=True)
class Period:
    """A time in which data flows: the first sample at its start, the next after each interval."""

    start_us: int
    end_us: int | None
    interval_us: int
    end_cause: str = ""  # a key of `causes.CAUSES`: what the errors after its end tell


@dataclass(kw_only=True, slots=True)
class Vehicle:
    vehicle_id: str
    legacy_id: int
    user_id: str
    model_id: str
    trim_id: str
    battery_size_wh: int
    description: str
    integrated: str = "ACTIVE"  # or INACTIVE, UNINTEGRATED
    vehicle_class: str | None = "PASSENGER"
    is_disabled: bool = False
    is_deleted: bool = False
    is_smart_charging_on: bool = True
    charge_limit_percentage: int = 80
    is_controllable: bool = True
    is_at_home: bool = True  # where it is plugged in
    takes_commands: bool = True
    is_plugged_in_at_night: bool = True
    ready: list[list[int | None]] = field(default_factory=list)  # from when to when nothing was missing
    cause: str = ""  # why no data flows: a key of `causes.CAUSES`
    periods: list[Period] = field(default_factory=list)
    logs: dict[str, list[dict[str, Any]]] = field(default_factory=dict)  # put in by hand, by kind

    @property
    def item_id(self) -> str:
        return self.vehicle_id

    @classmethod
    def from_record(cls, record: Mapping[str, Any]) -> Self:
        return cls(**{**record, "periods": [Period(**period) for period in record["periods"]]})

    def note_whether_ready(self, *, owner: User, at_us: int) -> None:
        """Keeps since when the car has all it needs to be charged smartly, for the nights that follow."""
        is_ready = all(
            (
                owner.has_address,
                owner.home.get("tariff_id"),
                self.is_smart_charging_on,
                self.is_controllable,
                self.is_at_home,
                self.takes_commands,
                not self.is_disabled,
            )
        )
        was_ready = bool(self.ready) and self.ready[-1][1] is None
        if is_ready and not was_ready:
            self.ready.append([at_us, None])
        elif was_ready and not is_ready:
            self.ready[-1][1] = at_us

    def was_ready(self, at_us: int) -> bool:
        return any(
            since is not None and since <= at_us and (until is None or at_us < until)
            for since, until in self.ready
        )

    def connect(self, *, from_us: int, interval_us: int) -> None:
        """Data flows from `from_us` on."""
        self.stop_data(at_us=from_us)
        self.integrated = "ACTIVE"
        self.cause = ""
        self.periods.append(Period(start_us=from_us, end_us=None, interval_us=interval_us))

    def disconnect(self, *, at_us: int, cause: str) -> None:
        self.stop_data(at_us=at_us, cause=cause)
        self.cause = cause
        if self.integrated != "UNINTEGRATED":
            self.integrated = "INACTIVE"

    def fall_silent(self, *, at_us: int, cause: str) -> None:
        """The connection stands, and nothing comes through it any more."""
        self.stop_data(at_us=at_us, cause=cause)
        self.cause = cause

    def stop_data(self, *, at_us: int, cause: str = "") -> None:
        """Also in hindsight: what would have come after `at_us` never came."""
        self.periods = [period for period in self.periods if period.start_us < at_us]
        for period in self.periods:
            if period.end_us is None or period.end_us > at_us:
                period.end_us, period.end_cause = at_us, cause


@dataclass(kw_only=True, slots=True)
class Flow:
    """One owner's way through the pages, to connect (`vehicle_id` empty) or to reconnect."""

    flow_id: str
    user_id: str
    redirect_uri: str | None
    make_id: str | None = None
    model_id: str | None = None
    trim_id: str | None = None
    vehicle_id: str | None = None
    expires_at_us: int | None = None
    state: str = "OPEN"  # then SIGNED_IN, then DONE or CANCELLED
    is_opened: bool = False  # of a reconnect: its link was opened, and opens nothing any more

    @property
    def item_id(self) -> str:
        return self.flow_id

    @property
    def is_over(self) -> bool:
        return self.state in {"DONE", "CANCELLED"}


Record = User | Vehicle | Flow


def as_record(item: Record) -> dict[str, Any]:
    return asdict(item)
