"""All that changes while the sandbox runs, in memory, with a journal beside it if a file was named."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar
from uuid import uuid4

from onboarding_portal.sandbox.catalogue import Catalogue, Trim, hidden_trim, load_catalogue
from onboarding_portal.sandbox.identifiers import is_id, number, stable_id
from onboarding_portal.sandbox.journal import Journal
from onboarding_portal.sandbox.records import Flow, Record, User, Vehicle, as_record

KINDS: dict[type[Record], str] = {User: "user", Vehicle: "vehicle", Flow: "flow"}


Item = TypeVar("Item", User, Vehicle)


@dataclass
class Register(Generic[Item]):
    """Items in creation order, found by id or by their place in that order."""

    items: dict[str, Item] = field(default_factory=dict)
    order: list[Item] = field(default_factory=list)
    places: dict[str, int] = field(default_factory=dict)

    def put(self, item: Item) -> None:
        if item.item_id in self.places:
            self.order[self.places[item.item_id]] = item
        else:
            self.places[item.item_id] = len(self.order)
            self.order.append(item)
        self.items[item.item_id] = item


class State:
    """Not thread-safe by itself: the application holds one lock around each request."""

    def __init__(self, *, path: Path | None, now_us: int) -> None:
        self.catalogue: Catalogue = load_catalogue()
        self.users: Register[User] = Register()
        self.vehicles: Register[Vehicle] = Register()
        self.flows: dict[str, Flow] = {}
        self.began_us = now_us
        self._users_by_email: dict[str, User] = {}
        self._vehicles_by_user: dict[str, list[str]] = {}
        self._hidden_trims: dict[str, Trim] = {}
        self._journal = Journal(path=path) if path else None
        if self._journal:
            for record in self._journal.records("began"):
                self.began_us = record["at_us"]
            self._journal.write(kind="began", item_id="began", record={"at_us": self.began_us})

    def restore(self) -> None:
        """What the state file holds, over what was seeded: so places in lists outlast a restart."""
        if self._journal:
            self._load(self._journal)

    def _load(self, journal: Journal) -> None:
        for record in journal.records("user"):
            self.put(User(**record))
        for record in journal.records("vehicle"):
            self.put(Vehicle.from_record(record))
        for record in journal.records("flow"):
            self.put(Flow(**record))

    def put(self, item: Record) -> None:
        """Into memory only."""
        if isinstance(item, Flow):
            self.flows[item.flow_id] = item
        elif isinstance(item, User):
            self.users.put(item)
            if item.email:
                self._users_by_email[item.email.lower()] = item
        else:
            if item.vehicle_id not in self.vehicles.items:
                self._vehicles_by_user.setdefault(item.user_id, []).append(item.vehicle_id)
            self.vehicles.put(item)
            self._remember_hidden_trim(item)

    def save(self, item: Record, *, at_us: int | None = None) -> None:
        """Into memory and into the state file. With a time, what it changes for nights to come is noted."""
        self.put(item)
        if at_us is not None:
            self._note_whether_ready(item, at_us=at_us)
        if self._journal:
            self._journal.write(kind=KINDS[type(item)], item_id=item.item_id, record=as_record(item))

    def _note_whether_ready(self, item: Record, *, at_us: int) -> None:
        owner = self.user(item.user_id)
        if isinstance(item, User):
            for vehicle in self.vehicles_of(item.user_id):
                self.save(vehicle, at_us=at_us)
        elif isinstance(item, Vehicle) and owner:
            item.note_whether_ready(owner=owner, at_us=at_us)

    def close(self) -> None:
        if self._journal:
            self._journal.close()

    def _remember_hidden_trim(self, vehicle: Vehicle) -> None:
        if vehicle.trim_id not in self.catalogue.trims:
            model = self.catalogue.models[vehicle.model_id]
            self._hidden_trims[vehicle.trim_id] = hidden_trim(
                model=model, battery_size_wh=vehicle.battery_size_wh
            )

    # Queries

    def user(self, user_id: str) -> User | None:
        return self.users.items.get(user_id)

    def user_by_email(self, email: str) -> User | None:
        return self._users_by_email.get(email.lower())

    def vehicle(self, vehicle_id: str) -> Vehicle | None:
        vehicle = self.vehicles.items.get(vehicle_id)
        return None if vehicle is None or vehicle.is_deleted else vehicle

    def vehicles_of(self, user_id: str) -> list[Vehicle]:
        found = (self.vehicles.items[vehicle_id] for vehicle_id in self._vehicles_by_user.get(user_id, []))
        return [vehicle for vehicle in found if not vehicle.is_deleted]

    def has_had_vehicles(self, user_id: str) -> bool:
        return user_id in self._vehicles_by_user

    def trim(self, trim_id: str) -> Trim | None:
        return self.catalogue.trims.get(trim_id) or self._hidden_trims.get(trim_id)

    # Factories

    def add_user(self, *, email: str | None, now_us: int) -> User:
        user_id = stable_id("user", email.lower()) if email else stable_id("user", uuid4())
        name = email.split("@")[0].replace(".", " ").title() if email else "Nameless Owner"
        user = User(user_id=user_id, email=email, full_name=name, joined_at_us=now_us)
        self.save(user)
        return user

    def change_address(self, user: User, *, email: str) -> None:
        if user.email:
            self._users_by_email.pop(user.email.lower(), None)
        user.email = email
        self.save(user)

    def new_vehicle(self, *, user: User, trim: Trim, car: object, description: str = "") -> Vehicle:
        """The vehicle that is this car of this owner, not yet saved. The same car has the same id each time."""
        turn = 0
        while (vehicle_id := stable_id("vhcl", user.user_id, trim.trim_id, car, turn)) in self.vehicles.items:
            if not (known := self.vehicles.items[vehicle_id]).is_deleted:
                return known
            turn += 1
        model = trim.model
        return Vehicle(
            vehicle_id=vehicle_id,
            legacy_id=number(vehicle_id) % 2**31,
            user_id=user.user_id,
            model_id=model.model_id,
            trim_id=trim.trim_id,
            battery_size_wh=trim.battery_size_wh or model.default_battery_size_wh,
            description=description or f"{model.make.name} {model.name}",
        )

    def new_flow(self, *, user_id: str, redirect_uri: str | None) -> Flow:
        return Flow(flow_id=str(uuid4()), user_id=user_id, redirect_uri=redirect_uri)


def last_id_of_url(*, url: object, prefix: str) -> str:
    """The id at the end of a resource's URL, or "" if there is none of this kind."""
    last = str(url).rstrip("/").rsplit("/", maxsplit=1)[-1] if isinstance(url, str) else ""
    return last if is_id(text=last, prefix=prefix) else ""
