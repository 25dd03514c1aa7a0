"""The owner leaves for ev.energy, by the button on the vehicle's page or by the link in an e-mail."""

from dataclasses import dataclass, field
from datetime import datetime

from django.db import IntegrityError, transaction
from django.dispatch import Signal

from onboarding_portal.accounts.allowance import count
from onboarding_portal.accounts.models import User
from onboarding_portal.consents.models import Consent
from onboarding_portal.ev_energy.client import Client
from onboarding_portal.ev_energy.turns import turns
from onboarding_portal.owner_limits import Press
from onboarding_portal.reconnects.background import tasks
from onboarding_portal.reconnects.background.watch import send_off
from onboarding_portal.reconnects.link.make_link import link_for
from onboarding_portal.reconnects.mailed.emails import next_mail_at
from onboarding_portal.reconnects.models import LastingLink, Origin, Reconnect, State
from onboarding_portal.reconnects.timetable import WATCH_STEPS
from onboarding_portal.timing import RECONNECT_LEASE
from onboarding_portal.vehicles.letting_go import take_back
from onboarding_portal.vehicles.models import Vehicle

# Sent with the `reconnect` whose owner pressed the button, before ev.energy is asked for the way.
asked_by_owner = Signal()


class NotConnectable(Exception):
    """The vehicle is removed, switched off at ev.energy or was never integrated: there is nothing to reconnect."""


class AlreadyConnected(Exception):
    """The vehicle works: there is nothing to repair."""


class Preparing(Exception):
    """Many wait for ev.energy already: the background makes the link, and the owner's page says when it is there."""


@dataclass(frozen=True, slots=True)
class WayOut:
    """Where the owner's browser goes, and for which reconnect. The address is a secret."""

    url: str = field(repr=False)
    reconnect: Reconnect


def start_reconnect(*, vehicle: Vehicle, owner: User, client: Client, now: datetime) -> WayOut:
    """Returns the way to ev.energy; an open reconnect of the vehicle goes on with it.

    Raises NotConnectable, AlreadyConnected, TooOften, Preparing, EvEnergyError, ForeignLink, Busy, and WrongState if
    what was open has ended in this moment.
    """
    if not (vehicle.is_connectable or vehicle.is_let_go):
        raise NotConnectable
    if not (vehicle.needs_repair or vehicle.is_let_go):
        raise AlreadyConnected
    _count_click(Reconnect.objects.open().filter(vehicle=vehicle).first(), owner=owner, now=now)
    if vehicle.is_let_go:
        take_back(vehicle=vehicle, owner=owner)
    reconnect = open_reconnect(vehicle=vehicle, owner=owner, now=now)
    asked_by_owner.send(sender=Reconnect, reconnect=reconnect)
    return _leave(reconnect, client=client, now=now, by=owner)


def follow(*, link: LastingLink, client: Client, now: datetime) -> WayOut:
    """Returns the way to ev.energy for the owner who confirmed on the page of a lasting link.

    Raises TooOften, Preparing, EvEnergyError, ForeignLink, Busy, and WrongState if the reconnect ended meanwhile.
    """
    reconnect = link.reconnect
    _count_click(reconnect, owner=reconnect.vehicle.owner, now=now)
    if reconnect.state == State.EMAILED:
        # Two tabs: the second one finds it opened, which is as good.
        reconnect.try_move(
            State.OPENED,
            now=now,
            note="By the link in the e-mail",
            next_work_at=next_mail_at(reconnect, reminders_sent=reconnect.reminders_sent),
        )
        reconnect.refresh_from_db()
    return _leave(reconnect, client=client, now=now, by=None)


def _count_click(current: Reconnect | None, *, owner: User, now: datetime) -> None:
    # The second half of a double click costs nothing, nor does asking whether the way is ready.
    if current is None or not (current.is_link_awaited or current.has_link_for_browser(now=now)):
        count(Press.RECONNECT, owner=owner, now=now)


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
                next_work_at=now + RECONNECT_LEASE,
            )
    except IntegrityError:
        return current.get()


def _prepare(reconnect: Reconnect, *, now: datetime) -> None:
    Reconnect.objects.open().filter(pk=reconnect.pk).update(link_wanted_at=now, failure="", tries=0)
    tasks.wake(tasks.Lane.WAYS, now=now)


def _leave(reconnect: Reconnect, *, client: Client, now: datetime, by: User | None) -> WayOut:
    if reconnect.is_link_awaited:
        raise Preparing
    with turns.taken() as is_my_turn:
        if is_my_turn or reconnect.has_link_for_browser(now=now):
            url = link_for(reconnect=reconnect, client=client, now=now, by=by)
        else:
            _prepare(reconnect, now=now)
            raise Preparing
    # The link may have been made by another click that began a moment later. It is used up from here on.
    now = max(now, reconnect.link_made_at or now)
    send_off(reconnect=reconnect, now=now, by=by)
    vehicle = reconnect.vehicle
    Consent.objects.say(
        owner_id=vehicle.owner_id, make_id=vehicle.make_id or "", vehicle_id=vehicle.pk, now=now
    )
    # The sweep would find it, but up to a minute later, and the owner may be back before that.
    tasks.wake(tasks.Lane.WATCHES, now=now, at=now + WATCH_STEPS[0])
    return WayOut(url, reconnect)
