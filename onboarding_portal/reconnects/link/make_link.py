"""ev.energy's own, short-lived link for one reconnect: made once, however many ask for it at the same time.

Who makes it holds the row's lease while asking ev.energy. A process that is killed in between leaves a lease that
runs out and a row that is taken up again; a link nobody stored does no harm at ev.energy.
"""

import time
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.utils import timezone

from onboarding_portal.accounts.models import User
from onboarding_portal.accounts.on_behalf import on_behalf_of_owner
from onboarding_portal.ev_energy.client import Client
from onboarding_portal.ev_energy.deadline import deadline
from onboarding_portal.ev_energy.errors import EvEnergyError
from onboarding_portal.reconnects.link.failed_try import ForeignLink, release_for_owner
from onboarding_portal.reconnects.models import OPEN_STATES, Reconnect, State, WrongState, end_of_link
from onboarding_portal.timing import OWNER_CALL_SECONDS, PATIENCE_SECONDS

EV_ENERGY_HOST = "ev.energy"
_POLL_SECONDS = 0.1


class Busy(Exception):
    """Somebody else is making the link at this moment, and it takes long."""


def link_for(*, reconnect: Reconnect, client: Client, now: datetime, by: User | None) -> str:
    """A link an owner in front of a screen can be sent to: a new one for each click, as each is good for one opening.

    The second half of a double click waits for the first to be done and gets the same link. Raises EvEnergyError,
    ForeignLink, Busy and WrongState (the reconnect has ended).
    """
    gives_up_at = time.monotonic() + PATIENCE_SECONDS
    while not reconnect.has_link_for_browser(now=now):
        lease = Reconnect.objects.open().filter(pk=reconnect.pk).take_lease(now=now)
        if lease is not None:
            return _link_under(lease, reconnect=reconnect, client=client, now=now, by=by)
        if time.monotonic() > gives_up_at:
            raise Busy
        time.sleep(_POLL_SECONDS)
        now = timezone.now()
        reconnect.refresh_from_db()
        if not reconnect.is_open:
            raise WrongState("The reconnect has ended.")
    return reconnect.url


def make_link(
    *, reconnect: Reconnect, lease: datetime, client: Client, now: datetime, by: User | None = None
) -> None:
    """Asks ev.energy for a link and stores it. For the holder of `lease`, outside of any transaction.

    Raises EvEnergyError and ForeignLink, with the lease still held, and WrongState if the reconnect has ended or
    the lease ran out meanwhile; the link is then thrown away.
    """
    with on_behalf_of_owner(lambda: reconnect.vehicle.owner):
        link = client.create_reconnect_link(vehicle_id=reconnect.vehicle_id)
    refuse_foreign(link.url)
    values: dict[str, Any] = {
        "url": link.url,
        "expires_at": link.expires_at,
        "link_made_at": now,
        "failure": "",
        "failure_detail": "",
    }
    row = Reconnect.objects.filter(pk=reconnect.pk, state__in=OPEN_STATES - {State.QUEUED})
    if row.release(lease=lease, **values):
        reconnect.refresh_from_db()
        return
    ends_at = end_of_link(expires_at=link.expires_at, made_at=now)
    reconnect.move(State.LINK_READY, now=now, by=by, lease=lease, next_work_at=ends_at, **values)


def refuse_foreign(url: str) -> None:
    """Raises ForeignLink unless the link is ev.energy's: https and its own host, or the configured API's origin.

    The message never holds the link: it is kept for staff and may be logged.
    """
    if any(character <= " " or character in '\\"<>^`{|}\x7f' for character in url):
        # Browsers repair such links, each in its own way; what they make of them was not checked here.
        raise ForeignLink("The link holds characters no link may hold.")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        raise ForeignLink("The link cannot be read.") from None
    if "@" in parts.netloc:
        raise ForeignLink("The link holds a user name.")
    api = urlsplit(settings.EV_ENERGY_API_URL)
    if (parts.scheme, host, port) == (api.scheme, api.hostname, api.port):
        return
    if parts.scheme != "https" or port not in {None, 443}:
        raise ForeignLink("The link is not https.")
    if host not in {EV_ENERGY_HOST, api.hostname} and not host.endswith(f".{EV_ENERGY_HOST}"):
        raise ForeignLink("The link leads to a foreign host.")


def _link_under(
    lease: datetime, *, reconnect: Reconnect, client: Client, now: datetime, by: User | None
) -> str:
    # Read again: the link may have been made between the look at the row and the lease on it.
    reconnect.refresh_from_db()
    if reconnect.has_link_for_browser(now=now):
        Reconnect.objects.filter(pk=reconnect.pk).release(lease=lease)
        return reconnect.url
    try:
        with deadline(seconds=OWNER_CALL_SECONDS):
            make_link(reconnect=reconnect, lease=lease, client=client, now=now, by=by)
    except (EvEnergyError, ForeignLink) as problem:
        release_for_owner(reconnect=reconnect, lease=lease, problem=problem, now=now, by=by)
        raise
    return reconnect.url
