"""A person gets to read all that is held about them, and is erased: from every room, in one transaction."""

from collections import Counter
from datetime import datetime
from typing import Any

from django.db import transaction

from onboarding_portal import news
from onboarding_portal.accounts.audit import About, Act, Actor, Doer, about, record
from onboarding_portal.accounts.held import BLOTTED_OUT, Person, person_of, rooms
from onboarding_portal.accounts.models import ActorKind, Erasure, User
from onboarding_portal.ev_energy.deadline import deadline
from onboarding_portal.news import News

ELSEWHERE_SECONDS = 8.0  # somebody waits for the file
THEMSELVES = Doer(kind=ActorKind.OWNER, name="")


class NotAnOwner(Exception):
    """Colleagues are not erased: somebody takes their rights first, and what they did stays under their name."""


def read(*, owner: User) -> dict[str, list[dict[str, Any]]]:
    """Returns all that is held about the owner: rows by the labels of their models."""
    held: dict[str, list[dict[str, Any]]] = {}
    for person in _accounts_of(owner):
        for room in reversed(rooms()):
            for label, rows in room.export(person).items():
                held[label] = [*held.get(label, []), *rows]
    return held


def export(*, owner: User, by: Actor, now: datetime, why: str = "") -> dict[str, Any]:
    """Returns all that is held, to be handed out, and writes down that it was."""
    with transaction.atomic():
        held = read(owner=owner)
        record(act=Act.EXPORTED, actor=by, about=about(owner), why=why)
    return {"exported_at": now, "held": held}


def take_along(*, owner: User, by: Actor, now: datetime, why: str = "") -> dict[str, Any]:
    """As `export`, for a file: with what ev.energy keeps of the owner and tells within eight seconds."""
    held = export(owner=owner, by=by, now=now, why=why)
    elsewhere: dict[str, list[dict[str, Any]]] = {}
    with deadline(seconds=ELSEWHERE_SECONDS):
        for person in _accounts_of(owner):
            for room in reversed(rooms()):
                for name, rows in room.read_elsewhere(person, by=by).items():
                    elsewhere[name] = [*elsewhere.get(name, []), *rows]
    return {**held, "kept_at_ev_energy": elsewhere}


def erase(*, owner: User, by: Actor, at_ev_energy: bool, now: datetime, why: str = "") -> Erasure:
    """Erases the owner and their cars here and, if asked for, has their cars erased at ev.energy in the background.

    Raises NotAnOwner, and User.DoesNotExist if somebody else was first. `why` stays, without what names the owner.
    """
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=owner.pk)
        if user.is_staff or user.is_superuser:
            raise NotAnOwner
        people = _accounts_of(user)
        kind = by.kind if isinstance(by, Doer) else ActorKind.STAFF
        erasure = Erasure.objects.create(erased_at=now, by_kind=kind, is_at_ev_energy=at_ev_energy)
        # Told before, while it is still known by which reference others know them.
        news.tell(lambda: [News(kind="owner.erased", at=now, owner_id=each.user_id) for each in people])
        counts: Counter[str] = Counter()
        for person in people:
            for room in rooms():
                if at_ev_energy:
                    room.erase_elsewhere(person, erasure)
                else:
                    room.keep_promises(person, erasure)
                counts.update(room.erase(person))
        erasure.counts = {label: count for label, count in sorted(counts.items()) if count}
        erasure.save(update_fields=["counts"])
        record(act=Act.ERASED, actor=by, about=[About()], thing=erasure, why=_unnamed(why, people))
    return erasure


def _accounts_of(owner: User) -> list[Person]:
    """The account, and those that were merged into it: they are the same person's."""
    merged = User.objects.filter(merged__into=owner).order_by("pk")
    return [person_of(user) for user in (owner, *merged)]


def _unnamed(text: str, people: list[Person]) -> str:
    for word in [word for person in people for word in (*person.words, person.name)]:
        text = text.replace(word, BLOTTED_OUT) if word else text
    return text
