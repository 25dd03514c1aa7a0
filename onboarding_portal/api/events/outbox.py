"""News becomes events: rows written in the transaction of the change, so that neither is there without the other.

Nothing is written while there is no endpoint at all: whoever wants no events pays one look at an empty table.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.utils import timezone

from onboarding_portal.api.events import tasks
from onboarding_portal.api.events.bodies import data_of
from onboarding_portal.api.events.models import Endpoint, Event
from onboarding_portal.api.models import HandOver
from onboarding_portal.api.references import references_of
from onboarding_portal.news import News, tell
from onboarding_portal.vehicles.advice import advice_for
from onboarding_portal.vehicles.cause_words import SigningIn
from onboarding_portal.vehicles.models import EndedBy, Vehicle

Facts = Mapping[str, Any]

HELPS = {SigningIn.HELPS: "yes", SigningIn.MAY_HELP: "maybe", SigningIn.DOES_NOT_HELP: "no"}
HOW = {EndedBy.CLEARED.value: "cleared_by_staff"}
ASKED_BY = {"OWNER": "owner", "STAFF": "staff", "EMAIL": "staff", "RULE": "policy", "API": "api"}


class Outbox:
    def wants_news(self) -> bool:
        return Endpoint.objects.exists()

    def hear(self, news: Sequence[News]) -> None:
        news = [each for each in news if not _was_told(each)]
        references = references_of({each.owner_id for each in news if each.owner_id})
        Event.objects.bulk_create([_event(each, references) for each in news], batch_size=1000)
        transaction.on_commit(partial(tasks.wake, now=timezone.now()))


def tell_of_session(*, hand_over: HandOver, now: datetime, **_more: object) -> None:
    """Listens to changes of a session's outcome, so that events and the API say the same."""
    facts = {
        "session_id": str(hand_over.pk),
        "journey": hand_over.journey,
        "outcome": hand_over.outcome,
        "reference": hand_over.reference or None,
    }
    tell(
        lambda: [
            News(
                kind=f"session.{hand_over.outcome}",
                at=now,
                owner_id=hand_over.owner_id,
                vehicle_id=hand_over.vehicle_id or "",
                facts=facts,
            )
        ]
    )


def _was_told(news: News) -> bool:
    """An owner who was handed over before, and now signs in for the first time, is not new any more."""
    created = "owner.created"
    return news.kind == created and Event.objects.filter(kind=created, owner_id=news.owner_id).exists()


def _event(news: News, references: Mapping[int, str]) -> Event:
    family = news.kind.rpartition(".")[0]
    values = _FACTS.get(news.kind, _FACTS_OF_FAMILY.get(family, dict))(news.facts)
    if news.owner_id is not None:
        values = {"reference": references.get(news.owner_id), **values, "owner_id": str(news.owner_id)}
    if news.vehicle_id:
        values["vehicle_id"] = news.vehicle_id
    return Event(
        kind=news.kind,
        at=news.at,
        subject=news.vehicle_id or _subject(news),
        owner_id=news.owner_id,
        vehicle_id=news.vehicle_id,
        data=data_of(news.kind, values),
    )


def _subject(news: News) -> str:
    if news.owner_id is not None:
        return f"owner:{news.owner_id}"
    return f"outage:{news.facts.get('make_id') or news.facts.get('controller')}"


def _of_stale(facts: Facts) -> dict[str, Any]:
    car = Vehicle(stale_reason=facts["reason"], cause=facts["cause"], integration=facts["integration"])
    return {
        **{name: facts[name] for name in ("make_id", "stale_since", "reason")},
        "cause": facts["cause"] or None,
        "signing_in_helps": HELPS[advice_for(car).signing_in],
    }


def _of_end(facts: Facts) -> dict[str, Any]:
    how = str(facts["how"])
    return {"stale_since": facts["stale_since"], "how": HOW.get(how, how.lower())}


def _of_reconnect(facts: Facts) -> dict[str, Any]:
    return {
        "reconnect_id": facts["reconnect_id"],
        "state": facts["state"],
        "asked_by": ASKED_BY[facts["origin"]],
        "by_email": facts["wants_email"],
    }


_FACTS: dict[str, Callable[[Facts], dict[str, Any]]] = {
    "vehicle.stale": _of_stale,
    "vehicle.recovered": _of_end,
    "vehicle.gone": _of_end,
    "reconnect.returned": lambda facts: {**_of_reconnect(facts), "claim": facts["came_back_with"]},
    "reconnect.failed": lambda facts: {**_of_reconnect(facts), "failure": facts["failure"] or None},
}
_FACTS_OF_FAMILY: dict[str, Callable[[Facts], dict[str, Any]]] = {
    "reconnect": _of_reconnect,
    "make.outage": lambda facts: {**facts, "controller": facts["controller"] or None},
}
