"""The helper's side: what the link is worth, and the way to ev.energy for whoever holds it."""

from datetime import datetime
from enum import Enum, auto

from onboarding_portal.ev_energy.client import Client
from onboarding_portal.reconnects.helper.asking import can_be_helped
from onboarding_portal.reconnects.models import CameBack, HelperLink
from onboarding_portal.reconnects.owner.leaving import WayOut, start_reconnect


class UnknownHelperLink(Exception):
    """No such link was ever sent."""


class HelperStanding(Enum):
    READY = auto()
    STOPPED = auto()  # the helper has left, and perhaps not got to the end
    DONE = auto()
    NO_NEED = auto()  # the car works
    OVER = auto()


def find_helper_link(*, token: str) -> HelperLink:
    link = HelperLink.objects.with_token(token).first()
    if link is None:
        raise UnknownHelperLink
    return link


def standing_of(*, link: HelperLink, now: datetime) -> HelperStanding:
    """Whoever has helped is thanked for as long as the link would have worked, and sees nothing else."""
    if not HelperLink.objects.filter(pk=link.pk).alive(now=now).exists():
        return HelperStanding.OVER
    if not can_be_helped(link.vehicle):
        return HelperStanding.DONE if link.used_at else HelperStanding.NO_NEED
    if link.used_at is None:
        return HelperStanding.READY
    is_done = link.reconnect is not None and link.reconnect.came_back_with == CameBack.DONE
    return HelperStanding.DONE if is_done else HelperStanding.STOPPED


def note_opened(*, link: HelperLink, now: datetime) -> None:
    HelperLink.objects.filter(pk=link.pk, opened_at=None).update(opened_at=now)


def follow_helper_link(*, link: HelperLink, client: Client, now: datetime) -> WayOut:
    """Raises what `start_reconnect` raises; what it costs is counted for the car's owner."""
    way = start_reconnect(vehicle=link.vehicle, owner=link.vehicle.owner, client=client, now=now)
    HelperLink.objects.filter(pk=link.pk, used_at=None).update(used_at=now)
    HelperLink.objects.filter(pk=link.pk).update(reconnect=way.reconnect)
    return way
