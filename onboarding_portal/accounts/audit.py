"""The one way into the audit log: `record`, called in the transaction of the act it tells of.

Not django-auditlog nor django-simple-history: both follow the saving of single objects, and the portal's acts are
conditional updates of many rows; both store what was in the rows, people's addresses among it; neither knows why, or
acts that change nothing, such as an export.
"""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.db import models, transaction

from onboarding_portal.accounts.models import User
from onboarding_portal.accounts.models.audit_act import Act
from onboarding_portal.accounts.models.audit_entry import WHY_LENGTH, About, ActorKind, AuditEntry
from onboarding_portal.ev_energy.request_context import current_request_id
from onboarding_portal.storable import storable

__all__ = [
    "POLICY",
    "About",
    "Act",
    "Actor",
    "Doer",
    "Recorder",
    "about",
    "about_cars",
    "command",
    "job",
    "key",
    "record",
    "requested_from",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Doer:
    """Who acts where no person is signed in; `name` is what people know it by."""

    kind: ActorKind
    name: str


Actor = User | Doer
POLICY = Doer(kind=ActorKind.POLICY, name="policy")

_network_address: ContextVar[str] = ContextVar("audit_network_address", default="")


def key(name: str) -> Doer:
    return Doer(kind=ActorKind.KEY, name=name)


def job(name: str) -> Doer:
    """The portal itself: a job of the clock, a task."""
    return Doer(kind=ActorKind.JOB, name=name)


def command(name: str) -> Doer:
    """Whoever has a shell on the server, by the command they ran."""
    return Doer(kind=ActorKind.COMMAND, name=name)


@contextmanager
def requested_from(network_address: str) -> Iterator[None]:
    """What is recorded inside came from this network address; set once, at the edge."""
    token = _network_address.set(network_address)
    try:
        yield
    finally:
        _network_address.reset(token)


def about(*rows: Any) -> list[About]:
    """Whom or what acts on these rows are about: users, cars, and whatever hangs on a car or an owner."""
    return [each for each in map(_about, rows) if each != About()]


def about_cars(pairs: Iterable[tuple[str, int]]) -> list[About]:
    """The same for cars of which only ids and owners' keys were read, as by `values_list("pk", "owner_id")`."""
    return [About(vehicle_id=vehicle_id, owner_id=owner_id) for vehicle_id, owner_id in pairs]


def record(
    *,
    act: Act,
    actor: Actor,
    about: Collection[About] = (),
    thing: models.Model | None = None,
    why: str = "",
    detail: str = "",
    count: int | None = None,
) -> AuditEntry:
    """Writes down an act and returns the entry, to which a long act adds what else it was about (`entry.add`).

    `thing` is a row that is neither an owner nor a car: its kind and key are kept. `why` is what the person who acts
    gave as a reason, `detail` what there is to say beside the act's own words. Neither holds an address or a name.
    `count` is for acts on many of which none is named.
    """
    kind, user, name = _who(actor)
    with transaction.atomic():
        entry = AuditEntry.objects.create(
            act=act,
            actor_kind=kind,
            actor=user,
            actor_name=name,
            network_address=_network_address.get(),
            why=storable(why)[:WHY_LENGTH],
            detail=storable(detail)[:WHY_LENGTH],
            thing_kind=thing._meta.label_lower if thing is not None else "",
            thing_id=str(thing.pk)[:64] if thing is not None else "",
            count=len(about) if count is None else count,
            request_id=current_request_id.get()[:64],
        )
        entry.write_subjects(about)
    return entry


class Recorder:
    """One entry for an act that is done piece by piece: it is written with the first piece and grows with the others.

    Calling it with the rows of a piece, in the piece's own transaction, adds them.
    """

    def __init__(self, **what: Any) -> None:
        self._what = what
        self._entry: AuditEntry | None = None

    def __call__(self, about: Collection[About]) -> None:
        if not about:
            return
        if self._entry is None:
            self._entry = record(**self._what, about=about)
        else:
            self._entry.add(about)


def _who(actor: Actor) -> tuple[ActorKind, User | None, str]:
    if isinstance(actor, Doer):
        return actor.kind, None, actor.name[:254]
    if actor.is_staff or actor.is_superuser:
        return ActorKind.STAFF, actor, actor.email
    return ActorKind.OWNER, actor, ""  # an owner's name is where they are, and goes with them


def _about(row: Any) -> About:
    if isinstance(row, User):
        return About(owner_id=row.pk)
    # A car's own row, or one that hangs on a car: only a car has its id and its owner at once.
    car = row if hasattr(row, "owner_id") else getattr(row, "vehicle", row)
    return About(owner_id=getattr(car, "owner_id", None), vehicle_id=getattr(car, "vehicle_id", ""))
