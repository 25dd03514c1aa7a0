"""What is held about a person: each room says it in a class of its own (`<room>/personal_data.py`).

A class lists the models whose rows are about a person, what of them the person gets to read, and how they go. Models
that name a colleague who acted, and nobody else, are listed with them; a test finds what no room lists.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.db.models import F, Model, QuerySet, Value
from django.db.models.functions import Replace

from onboarding_portal.accounts.audit import Actor
from onboarding_portal.accounts.models import Erasure, User

FORMER_COLLEAGUE = "former colleague"
BLOTTED_OUT = "…"


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """An owner as they are known here: what is looked for, and what must be found nowhere afterwards."""

    user_id: int
    email: str
    ev_energy_user_id: str
    name: str
    vehicle_ids: tuple[str, ...]
    present_vehicle_ids: tuple[str, ...]

    @property
    def words(self) -> list[str]:
        """What names this person alone, wherever it stands."""
        return [word for word in (self.email, self.ev_energy_user_id, *self.vehicle_ids) if word]


def person_of(user: User) -> Person:
    cars: Any = user
    rows = list(cars.vehicles.order_by("pk").values_list("pk", "removed_at"))
    return Person(
        user_id=user.pk,
        email=user.email,
        ev_energy_user_id=user.ev_energy_user_id or "",
        name=user.name,
        vehicle_ids=tuple(pk for pk, _removed_at in rows),
        present_vehicle_ids=tuple(pk for pk, removed_at in rows if removed_at is None),
    )


Rows = Callable[[Person], QuerySet[Any]]


def delete(rows: QuerySet[Any], person: Person) -> int:
    """How most rows go: returns how many."""
    count = rows.count()
    rows.delete()
    return count


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The rows of one model about a person.

    `exported` are the columns the person gets to read; where there are none, `because` says why. `erase` is for rows
    that are not deleted.
    """

    model: type[Model]
    rows: Rows
    exported: Sequence[str] = ()
    because: str = ""
    erase: Callable[[QuerySet[Any], Person], int] = delete

    @property
    def label(self) -> str:
        return self.model._meta.label

    def read(self, person: Person) -> list[dict[str, Any]]:
        return list(self.rows(person).order_by("pk").values(*self.exported)) if self.exported else []


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """Text in rows about others in which somebody may have written this person's address or an id."""

    model: type[Model]
    columns: Sequence[str]

    def blot_out(self, person: Person) -> None:
        for column in self.columns:
            for word in person.words:
                found = self.model._default_manager.filter(**{f"{column}__contains": word})
                QuerySet.update(found, **{column: Replace(F(column), Value(word), Value(BLOTTED_OUT))})


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """Columns in which a colleague's name is kept as text, so that it outlives them. Some owners were colleagues."""

    model: type[Model]
    columns: Sequence[str]

    def blot_out(self, person: Person) -> None:
        for column in self.columns:
            found = self.model._default_manager.filter(**{f"{column}__contains": person.email})
            QuerySet.update(found, **{column: FORMER_COLLEAGUE})


class PersonalData:
    """One room's part. Subclassing registers it; `held` is in the order in which rows go."""

    room: ClassVar[str]
    height: ClassVar[int]  # rows of rooms above hang on those below, and go first
    held: ClassVar[Sequence[Held]] = ()
    mentions: ClassVar[Sequence[Mention]] = ()
    signed: ClassVar[Sequence[Signed]] = ()
    # Models that lead to a user and say nothing about an owner, by their labels: why.
    not_about_owners: ClassVar[Mapping[str, str]] = {}

    def __init_subclass__(cls) -> None:
        _ROOMS.append(cls)

    def export(self, person: Person) -> dict[str, list[dict[str, Any]]]:
        """Returns the rows by the labels of their models."""
        return {each.label: each.read(person) for each in reversed(self.held) if each.exported}

    def read_elsewhere(self, person: Person, *, by: Actor) -> dict[str, list[dict[str, Any]]]:
        """Returns what ev.energy keeps of the person and tells now, by what it is. Raises nothing."""
        return {}

    def erase(self, person: Person) -> Counter[str]:
        """Returns how many rows went, by the labels of their models. Runs in the transaction of the erasure."""
        counts = Counter({each.label: each.erase(each.rows(person), person) for each in self.held})
        for mention in self.mentions:
            mention.blot_out(person)
        for signed in self.signed:
            signed.blot_out(person)
        return counts

    def erase_elsewhere(self, person: Person, erasure: Erasure) -> None:
        """Writes down what is to be erased outside the portal, if that was asked for."""

    def keep_promises(self, person: Person, erasure: Erasure) -> None:
        """Writes down what the person had asked to be removed outside the portal before, if it is not done yet."""


_ROOMS: list[type[PersonalData]] = []


def rooms() -> list[PersonalData]:
    """All rooms, those above before those they build on."""
    return [each() for each in sorted(_ROOMS, key=lambda each: -each.height)]
