"""The typed client for ev.energy's v2 API.

Every method is one operation of the contract. Each may raise any EvEnergyError: BudgetExhausted and
RateLimited (come back later), Unavailable (no usable answer in time), Unauthorized, Forbidden, NotFound,
Invalid, BadResponse. Call it outside of database transactions: the token and the budget are shared through
the cache, which may be a table of the same database.
"""

import os
import threading
from collections.abc import Iterator
from typing import TypeVar

from django.conf import settings

from onboarding_portal.addresses import is_same_mailbox, readable
from onboarding_portal.ev_energy import ids
from onboarding_portal.ev_energy.auth import Credentials, TokenSource
from onboarding_portal.ev_energy.budget import get_budget
from onboarding_portal.ev_energy.calls import Caller
from onboarding_portal.ev_energy.json_types import Resource
from onboarding_portal.ev_energy.log_operations import LARGEST_PAGE, LogOperations, check_id
from onboarding_portal.ev_energy.resources import (
    Compatibility,
    Make,
    Model,
    Page,
    ReconnectLink,
    Trim,
    User,
    Vehicle,
)
from onboarding_portal.ev_energy.retries import Repeat
from onboarding_portal.ev_energy.smart_charging_operations import SmartChargingOperations
from onboarding_portal.ev_energy.transport import Transport

R = TypeVar("R", bound=Resource)

WHOLE_BY_NAME = [("ordering", "name"), ("page_size", str(LARGEST_PAGE))]
VEHICLE_EXPANDS = [("expand", name) for name in ("latest_status_log", "trim.model.make")]


class Client(LogOperations, SmartChargingOperations):
    """ev.energy, for one thread. `get_client()` gives the one to use."""

    def __init__(self, *, caller: Caller, client_id: str) -> None:
        self._call = caller
        self._client_id = client_id

    # Users

    def create_user(self, *, email: str) -> User:
        """The new user. Never sent twice: after Unavailable ask `find_users` whether it was made."""
        body = {"email": email}
        return self._call.one("create_user", "POST", "/users", User, json=body, repeat=Repeat.NEVER)

    def find_users(self, *, email: str) -> list[User]:
        """The users with exactly this address, however its domain is written; none is an empty list."""
        # Others may have sent ev.energy the domain in letters; one question is enough for all other addresses.
        for spelling in dict.fromkeys([email, readable(email)]):
            pages = self._call.pages("find_users", "/users", User, query=[("email", spelling)])
            # A filter that was ignored must not hand over somebody else's account.
            users = [user for page in pages for user in page.items if is_same_mailbox(user.email, email)]
            if users:
                return users
        return []

    def get_user(self, *, user_id: str) -> User:
        """The user; credentials for ev.energy's sandbox get the same one whatever the id."""
        check_id(ids.is_user_id(user_id), "get_user")
        return self._call.one("get_user", "GET", f"/users/{user_id}", User)

    def change_address(self, *, user_id: str, email: str) -> User:
        """The user with this address now. Invalid if another user has it; sending it twice does no harm."""
        check_id(ids.is_user_id(user_id), "change_address")
        return self._call.one(
            "change_address",
            "PATCH",
            f"/users/{user_id}",
            User,
            json={"email": email},
            repeat=Repeat.IF_NEVER_CONNECTED,
        )

    # The catalogue

    def makes(self) -> Page[Make]:
        """All makes, by name, as one page."""
        return self._whole("makes", "/vehicle_makes", Make)

    def models(self) -> Page[Model]:
        """All models, by name, as one page."""
        return self._whole("models", "/vehicle_models", Model)

    def trims(self) -> Page[Trim]:
        """All trims, by name, as one page."""
        return self._whole("trims", "/vehicle_trims", Trim)

    def check_compatibility(
        self, *, model_id: str, country: str | None = None, accept_language: str = ""
    ) -> Compatibility:
        """Whether the model works in the country (two letters), else in that of the browser's languages."""
        check_id(ids.is_model_id(model_id), "check_compatibility")
        query = [("vehicle_model_id", model_id), ("client_id", self._client_id)]
        if country:
            query.append(("country", country))
        return self._call.one(
            "check_compatibility",
            "GET",
            "/vehicle_compatibility/check",
            Compatibility,
            query=query,
            accept_language=accept_language,
        )

    def join_waitlist(
        self,
        *,
        email: str,
        model_id: str = "",
        make_name: str = "",
        model_name: str = "",
        accept_language: str = "",
    ) -> None:
        """Asks to be told when a car can be connected: a model by its id, or a make and a model by name.

        ev.energy takes the country from `accept_language`, the browser's own header; without it, the US.
        """
        named = {"vehicle_make_name": make_name, "vehicle_model_name": model_name}
        self._call.one(
            "join_waitlist",
            "POST",
            "/vehicle_waitlist",
            Resource,
            query=[("client_id", self._client_id)],
            json={"email": email, **({"vehicle_model_id": model_id} if model_id else named)},
            accept_language=accept_language,
            repeat=Repeat.IF_NEVER_CONNECTED,
        )

    # Vehicles

    def vehicles(self, *, user_id: str = "", page_after: str | None = None) -> Iterator[Page[Vehicle]]:
        """All vehicles, or one owner's, with status, owner and trim, a page at a time from a cursor on."""
        return self._call.pages(
            "vehicles",
            "/vehicles",
            Vehicle,
            query=[*VEHICLE_EXPANDS, ("page_size", str(LARGEST_PAGE))],
            user_id=user_id,
            page_after=page_after,
        )

    def get_vehicle(self, *, vehicle_id: str, user_id: str = "") -> Vehicle:
        """The vehicle with its latest status, its owner and its trim, model and make.

        With a `user_id` it is asked for as that owner, to whom others' vehicles do not exist (NotFound).
        """
        check_id(ids.is_vehicle_id(vehicle_id), "get_vehicle")
        return self._call.one(
            "get_vehicle",
            "GET",
            f"/vehicles/{vehicle_id}",
            Vehicle,
            query=VEHICLE_EXPANDS,
            user_id=user_id,
        )

    def create_reconnect_link(self, *, vehicle_id: str) -> ReconnectLink:
        """A new link at which the owner signs in with the manufacturer again. A second one does no harm."""
        check_id(ids.is_vehicle_id(vehicle_id), "create_reconnect_link")
        return self._call.one(
            "create_reconnect_link",
            "POST",
            f"/vehicles/{vehicle_id}/reconnect",
            ReconnectLink,
            repeat=Repeat.IF_NEVER_CONNECTED,
        )

    def disconnect_vehicle(self, *, vehicle_id: str) -> Vehicle:
        """The vehicle, cut off from its manufacturer; it can be reconnected. A second time does no harm."""
        check_id(ids.is_vehicle_id(vehicle_id), "disconnect_vehicle")
        return self._call.one(
            "disconnect_vehicle",
            "POST",
            f"/vehicles/{vehicle_id}/disconnect",
            Vehicle,
            repeat=Repeat.IF_NEVER_CONNECTED,
        )

    def delete_vehicle(self, *, vehicle_id: str) -> None:
        """Removes the vehicle from ev.energy, for good. A second time it is NotFound.

        ev.energy's own sandbox says that all is well and keeps its vehicles.
        """
        check_id(ids.is_vehicle_id(vehicle_id), "delete_vehicle")
        self._call.done("delete_vehicle", "DELETE", f"/vehicles/{vehicle_id}")

    def _whole(self, operation: str, path: str, kind: type[R]) -> Page[R]:
        pages = list(self._call.pages(operation, path, kind, query=WHOLE_BY_NAME))
        return Page(
            items=tuple(item for page in pages for item in page.items),
            next_cursor=None,
            unreadable=tuple(left_out for page in pages for left_out in page.unreadable),
        )


_of_thread = threading.local()


def get_client() -> Client:
    """This thread's client, by the settings in force now: connections and token are kept between calls."""
    key = (
        os.getpid(),  # a forked process must not write to its parent's connections
        settings.EV_ENERGY_API_URL,
        settings.EV_ENERGY_TOKEN_URL,
        settings.EV_ENERGY_CLIENT_ID,
        settings.EV_ENERGY_CLIENT_SECRET,
        settings.EV_ENERGY_NEXT_CLIENT_SECRET,
        settings.EV_ENERGY_CONNECT_TIMEOUT_SECONDS,
        settings.EV_ENERGY_READ_TIMEOUT_SECONDS,
        settings.EV_ENERGY_RATE_WINDOW_SECONDS,
        settings.EV_ENERGY_RESERVED_REQUESTS,
    )
    if getattr(_of_thread, "key", None) != key:
        _of_thread.client = _client()
        _of_thread.key = key
    client: Client = _of_thread.client
    return client


def forget_client() -> None:
    """Lets this thread start with new connections and without a token of its own."""
    _of_thread.__dict__.clear()


def _client() -> Client:
    credentials = Credentials(
        token_url=settings.EV_ENERGY_TOKEN_URL,
        client_id=settings.EV_ENERGY_CLIENT_ID,
        client_secret=settings.EV_ENERGY_CLIENT_SECRET,
        next_client_secret=settings.EV_ENERGY_NEXT_CLIENT_SECRET,
    )
    transport = Transport(
        connect_timeout_seconds=settings.EV_ENERGY_CONNECT_TIMEOUT_SECONDS,
        read_timeout_seconds=settings.EV_ENERGY_READ_TIMEOUT_SECONDS,
    )
    caller = Caller(
        api_url=settings.EV_ENERGY_API_URL,
        transport=transport,
        tokens=TokenSource(credentials=credentials, transport=transport),
        budget=get_budget(),
    )
    return Client(caller=caller, client_id=settings.EV_ENERGY_CLIENT_ID)
