"""A company's system hands an owner over: who it is, what for, and where they go back to."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.urls import reverse

from onboarding_portal.accounts import audit
from onboarding_portal.accounts.models import User
from onboarding_portal.api.hand_over.owner_named import made_now, owner_named
from onboarding_portal.api.keys.origins import NotAllowed, origin_of
from onboarding_portal.api.models import ApiKey, HandOver, Journey
from onboarding_portal.api.models.hand_over import LINK_LIFETIME, RETURN_URL_LENGTH, TOKEN_PURPOSE
from onboarding_portal.api.problems import Kind, Problem, invalid
from onboarding_portal.api.schemas import NewSession
from onboarding_portal.catalogue.pick import PickRefused, resolve_pick
from onboarding_portal.languages import spoken
from onboarding_portal.tokens import hash_token
from onboarding_portal.vehicles.models import Vehicle


@dataclass(frozen=True, slots=True)
class Opened:
    """`url` is a secret: who opens it first is taken for the owner."""

    hand_over: HandOver
    url: str = field(repr=False)


def hand_over(*, asked: NewSession, key: ApiKey, now: datetime) -> Opened:
    """Stores a hand-over and returns it with its link. Raises Problem; nothing is stored then."""
    _check_way_back(asked.return_url, key=key)
    _check_pick(asked)
    token = secrets.token_urlsafe(32)
    owner = owner_named(asked=asked, now=now)
    with transaction.atomic():
        owner = owner or made_now(str(asked.email))
        vehicle = _car_to_reconnect(asked, owner)
        row = HandOver.objects.create(
            key=key,
            owner=owner,
            journey=asked.journey,
            make_id=asked.make_id or "",
            model_id=asked.model_id or "",
            trim_id=asked.trim_id or "",
            vehicle=vehicle,
            return_url=asked.return_url,
            language=spoken(asked.language or ""),
            reference=asked.reference or "",
            token_hash=hash_token(token, purpose=TOKEN_PURPOSE),
            created_at=now,
            expires_at=now + LINK_LIFETIME,
            outcome_at=now,
            look_at=now + LINK_LIFETIME,
        )
        subjects = audit.about(vehicle or owner)
        audit.record(act=audit.Act.HANDED_IN, actor=audit.key(key.name), about=subjects, thing=row)
    return Opened(row, settings.PORTAL_URL + reverse("hand_over", args=[token]))


def _check_way_back(return_url: str, *, key: ApiKey) -> None:
    if len(return_url) > RETURN_URL_LENGTH:
        raise invalid("/return_url", "is too long.")
    try:
        origin = origin_of(return_url)
    except NotAllowed as reason:
        raise invalid("/return_url", str(reason)) from None
    if not key.allows_origin(origin):
        raise invalid(
            "/return_url", "is not on a site this key allows. Sites are named at the key, in the admin."
        )


def _check_pick(asked: NewSession) -> None:
    ids = {name: getattr(asked, name) or "" for name in ("make_id", "model_id", "trim_id")}
    given = [name for name, value in ids.items() if value]
    if asked.journey == Journey.RECONNECT:
        if given:
            raise invalid(f"/{given[0]}", "belongs to the journey connect.")
        if not asked.vehicle_id:
            raise invalid("/vehicle_id", "names the car to reconnect, and is missing.")
        return
    if asked.vehicle_id:
        raise invalid("/vehicle_id", "belongs to the journey reconnect.")
    if given != list(ids)[: len(given)]:
        raise invalid(f"/{given[0]}", "needs the ids above it: a make for a model, a model for a trim.")
    try:
        resolve_pick(**ids)
    except PickRefused:
        raise invalid(f"/{given[-1]}", "names nothing that can be connected, or not of the others.") from None


def _car_to_reconnect(asked: NewSession, owner: User) -> Vehicle | None:
    if asked.journey != Journey.RECONNECT:
        return None
    vehicle = Vehicle.objects.present().filter(pk=asked.vehicle_id, owner=owner).first()
    if vehicle is None:
        raise invalid("/vehicle_id", "is no car of this owner.")  # nor whether it is another's
    if not vehicle.is_connectable:
        raise Problem(
            Kind.CONFLICT, detail="This car is switched off or was never integrated: nothing to reconnect."
        )
    return vehicle
