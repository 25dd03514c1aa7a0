"""The portal's own link in e-mails: it works for days, while ev.energy's link is made when its owner confirms.

Mail scanners open every link, so looking at it changes nothing and asks ev.energy nothing; only the POST does. The
token is the right to use it: random, stored as a hash only, for one owner and one car, and worth nothing once the
reconnect has ended.
"""

import secrets
from datetime import datetime, timedelta
from enum import Enum, auto

from django.conf import settings
from django.utils.translation import gettext

from onboarding_portal.catalogue import models as catalogue
from onboarding_portal.reconnects.models import LastingLink, Reconnect, hash_token
from onboarding_portal.vehicles.models import Vehicle


class UnknownLink(Exception):
    """No such link was ever sent, or the car has another owner by now, or its owner another mailbox or no access."""


class Standing(Enum):
    """What a lasting link is worth now."""

    READY = auto()
    CONNECTED = auto()  # the car is back: there is nothing to do
    OVER = auto()  # too old, or the reconnect was ended


def lifetime() -> timedelta:
    return timedelta(days=settings.RECONNECT_LINK_LIFETIME_DAYS)


def create_token(*, reconnect: Reconnect, now: datetime) -> str:
    """A new token for an e-mail to the car's owner; it is not stored and cannot be shown again.

    All of a reconnect's links work until the same moment, which the first e-mail sets.
    """
    token = secrets.token_urlsafe(32)
    if reconnect.emailed_to not in {"", reconnect.vehicle.owner.email}:
        reconnect.lasting_links.all().delete()  # what went to an old address must not work along with the new
    LastingLink.objects.create(
        reconnect=reconnect,
        owner_id=reconnect.vehicle.owner_id,
        token_hash=hash_token(token),
        created_at=now,
    )
    reconnect.lasting_until = reconnect.lasting_until or now + lifetime()
    reconnect.emailed_to = reconnect.vehicle.owner.email
    reconnect.save(update_fields=["lasting_until", "emailed_to"])
    return token


def find_link(*, token: str) -> LastingLink:
    """The link of this token, with its reconnect and car. Raises UnknownLink."""
    link = LastingLink.objects.with_token(token).first()
    if link is None:
        raise UnknownLink
    owner = link.reconnect.vehicle.owner
    if link.owner_id != owner.pk or not owner.is_active or link.reconnect.emailed_to != owner.email:
        raise UnknownLink
    return link


def standing_of(*, link: LastingLink, now: datetime) -> Standing:
    reconnect = link.reconnect
    if is_connected(reconnect.vehicle):
        return Standing.CONNECTED
    is_alive = reconnect.lasting_until is not None and reconnect.lasting_until > now
    is_good = reconnect.is_open and is_alive and reconnect.vehicle.needs_repair
    return Standing.READY if is_good else Standing.OVER


def is_connected(vehicle: Vehicle) -> bool:
    return vehicle.is_connectable and not vehicle.needs_repair


def car_name(vehicle: Vehicle) -> str:
    """Make and model. ev.energy's own description is left out: owners put their names into it."""
    return catalogue.car_name(vehicle.make, vehicle.model) or gettext("car")
