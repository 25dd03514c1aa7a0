"""The owner's own button: the link is made now, and the owner is sent to it."""

from datetime import datetime

from django.db import IntegrityError, transaction

from onboarding_portal.accounts.models import User
from onboarding_portal.ev_energy.client import Client
from onboarding_portal.vehicles.models import Vehicle

from .link import link_for
from .models import Origin, Reconnect
from .needs import require_repair
from .querysets import LEASE
from .watch import send_off


def start_reconnect(*, vehicle: Vehicle, owner: User, client: Client, now: datetime) -> str:
    """Returns ev.energy's link to send the owner to; an open reconnect of the vehicle goes on with it.

    Raises NotConnectable, AlreadyConnected, EvEnergyError, ForeignLink, Busy, and WrongState if what was open has
    ended in this moment.
    """
    require_repair(vehicle)
    reconnect = open_reconnect(vehicle=vehicle, owner=owner, now=now)
    url = link_for(reconnect=reconnect, client=client, now=now, by=owner)
    send_off(reconnect=reconnect, now=now, by=owner)
    return url


def open_reconnect(*, vehicle: Vehicle, owner: User, now: datetime) -> Reconnect:
    """The vehicle's open reconnect, or a new one. Two clicks at once get the same: the constraint decides."""
    current = Reconnect.objects.open().filter(vehicle=vehicle)
    if found := current.first():
        return found
    try:
        with transaction.atomic():
            return Reconnect.objects.create(
                vehicle=vehicle,
                origin=Origin.OWNER,
                requested_by=owner,
                created_at=now,
                next_work_at=now + LEASE,
            )
    except IntegrityError:
        return current.get()
