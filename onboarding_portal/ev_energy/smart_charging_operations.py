"""The client's operations around charging smartly. Which of them an application may use depends on its scopes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from onboarding_portal.ev_energy import ids
from onboarding_portal.ev_energy.calls import Caller
from onboarding_portal.ev_energy.log_operations import LARGEST_PAGE, check_id
from onboarding_portal.ev_energy.resources import Page, Vehicle
from onboarding_portal.ev_energy.retries import Repeat
from onboarding_portal.ev_energy.smart_charging_resources import (
    ControlModes,
    LocationLog,
    SubSession,
    Supplier,
    Tariff,
    UserAtHome,
)
from onboarding_portal.ev_energy.times import iso

R = TypeVar("R", Supplier, Tariff)

TARIFF_EXPANDS = [("expand", "default_location.tariff.supplier")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A whole address, as ev.energy wants one: the second line and the state alone may be empty."""

    address_1: str
    city: str
    postal_code: str
    country_code: str
    address_2: str = ""
    state: str = ""

    def __repr__(self) -> str:
        """Without what it holds: it must not get into a log."""
        return "Address(…)"


class SmartChargingOperations:
    """The part of the client that asks and tells what a car needs to be charged smartly."""

    _call: Caller

    # Home and tariff

    def user_at_home(self, *, user_id: str, with_tariff: bool) -> UserAtHome:
        """The owner with home and, if wanted, the names of tariff and supplier. Scope `user:read`."""
        check_id(ids.is_user_id(user_id), "user_at_home")
        query = TARIFF_EXPANDS if with_tariff else []
        return self._call.one("user_at_home", "GET", f"/users/{user_id}", UserAtHome, query=query)

    def users_at_home(self, *, page_after: str | None = None) -> Iterator[Page[UserAtHome]]:
        """All owners with their homes, a page at a time from a cursor on. Scope `user:read`."""
        query = [("page_size", str(LARGEST_PAGE))]
        return self._call.pages("users_at_home", "/users", UserAtHome, query=query, page_after=page_after)

    def set_address(self, *, user_id: str, address: Address, tariff_id: str = "") -> UserAtHome:
        """The owner with this home now, and with the tariff, if one is given.

        Scope `user:write`. Invalid names fields of `default_location`.
        """
        fields = ("address_1", "address_2", "city", "state", "postal_code", "country_code")
        home = {name: getattr(address, name) or None for name in fields}
        if ids.is_tariff_id(tariff_id):
            home["tariff"] = self._call.address(f"/tariffs/{tariff_id}")
        return self._change_home("set_address", user_id, home)

    def set_tariff(self, *, user_id: str, tariff_id: str) -> UserAtHome:
        """The owner with this tariff now. Scope `user:write`."""
        check_id(ids.is_tariff_id(tariff_id), "set_tariff")
        return self._change_home(
            "set_tariff", user_id, {"tariff": self._call.address(f"/tariffs/{tariff_id}")}
        )

    def _change_home(self, operation: str, user_id: str, home: Mapping[str, Any]) -> UserAtHome:
        check_id(ids.is_user_id(user_id), operation)
        return self._call.one(
            operation,
            "PATCH",
            f"/users/{user_id}",
            UserAtHome,
            json={"default_location": home},
            repeat=Repeat.IF_NEVER_CONNECTED,
        )

    def suppliers(self, *, user_id: str) -> Iterator[Page[Supplier]]:
        """The energy suppliers where this owner lives, a page at a time. Scope `tariff:read`."""
        return self._numbered("suppliers", "/suppliers", Supplier, [("available_for_user_id", user_id)])

    def tariffs(self, *, user_id: str, supplier_id: str) -> Iterator[Page[Tariff]]:
        """The supplier's tariffs for this owner, a page at a time. Scope `tariff:read`."""
        query = [("available_for_user_id", user_id), ("supplier_id", supplier_id)]
        return self._numbered("tariffs", "/tariffs", Tariff, query)

    def _numbered(
        self, operation: str, path: str, kind: type[R], query: list[tuple[str, str]]
    ) -> Iterator[Page[R]]:
        whole = [*query, ("page_size", str(LARGEST_PAGE))]
        return self._call.pages(operation, path, kind, query=whole, cursor_name="page")

    # The car

    def set_smart_charging(self, *, vehicle_id: str, is_on: bool) -> Vehicle:
        """The vehicle with smart charging switched on or off now. Scope `vehicle:write`."""
        check_id(ids.is_vehicle_id(vehicle_id), "set_smart_charging")
        return self._call.one(
            "set_smart_charging",
            "PATCH",
            f"/vehicles/{vehicle_id}",
            Vehicle,
            json={"smart_charging_enabled": is_on},
            repeat=Repeat.IF_NEVER_CONNECTED,
        )

    def control_modes(self, *, vehicle_id: str) -> ControlModes:
        """How the car can be controlled. Scope `vehicle:read`."""
        check_id(ids.is_vehicle_id(vehicle_id), "control_modes")
        return self._call.one("control_modes", "GET", f"/vehicles/{vehicle_id}/vpp_modes", ControlModes)

    def location_logs(self, *, vehicle_id: str, since: datetime) -> Iterator[Page[LocationLog]]:
        """Whether the car was at home, newest first, a page at a time. Scope `vehicle:read`."""
        check_id(ids.is_vehicle_id(vehicle_id), "location_logs")
        query = [("page_size", str(LARGEST_PAGE)), ("sampled_at__gte", iso(since))]
        return self._call.pages(
            "location_logs", f"/vehicles/{vehicle_id}/location_logs", LocationLog, query=query
        )

    # What was charged

    def sub_sessions(
        self, *, ended_after: datetime, ended_before: datetime, page_after: str | None = None
    ) -> Iterator[Page[SubSession]]:
        """What all cars charged and ended between two times, a page at a time from a cursor on.

        Scope `charging_session:read`.
        """
        query = [
            ("is_finished", "true"),
            ("end__gt", iso(ended_after)),
            ("end__lt", iso(ended_before)),
            ("page_size", str(LARGEST_PAGE)),
        ]
        return self._call.pages(
            "sub_sessions", "/charging_sub_sessions", SubSession, query=query, page_after=page_after
        )
