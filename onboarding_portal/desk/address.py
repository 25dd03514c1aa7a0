"""An owner has another e-mail address. What opened the account from the old mailbox ends, and it is told so."""

import logging
from datetime import datetime

from django.db import transaction

from onboarding_portal.accounts.audit import Act, about, record
from onboarding_portal.accounts.mail import MailNotSent
from onboarding_portal.accounts.models import Invitation, User
from onboarding_portal.accounts.new_address import tell_old_address
from onboarding_portal.addresses import normalize_address
from onboarding_portal.ev_energy.client import Client
from onboarding_portal.ev_energy.deadline import deadline
from onboarding_portal.ev_energy.errors import EvEnergyError
from onboarding_portal.ev_energy.priority import Priority, priority
from onboarding_portal.timing import OWNER_WAITS_SECONDS

logger = logging.getLogger(__name__)


class ChangedMeanwhile(Exception):
    """The address is not the one the page showed; nothing was changed."""


class AddressTaken(Exception):
    """Another account has this address: the two may be one person's."""


def change_address(*, owner: User, seen: str, to: str, by: User, now: datetime) -> str:
    """Returns the old address. Sessions, pending codes, invitations and lasting links end with it.

    Raises ChangedMeanwhile and AddressTaken.
    """
    new = normalize_address(to)
    with transaction.atomic():
        row = User.objects.select_for_update().get(pk=owner.pk)
        old = row.email
        if old != seen or old == new:
            raise ChangedMeanwhile
        if User.objects.with_email(new).exists():
            raise AddressTaken
        row.email = new
        row.save(update_fields=["email"])
        Invitation.objects.end(email=old, now=now)
        record(act=Act.ADDRESS_CHANGED, actor=by, about=about(row))
    owner.refresh_from_db()
    return old


def announce(*, owner: User, old: str, client: Client) -> list[str]:
    """Tells the old mailbox and ev.energy; returns who could not be told: "old address", "ev.energy"."""
    untold = []
    try:
        tell_old_address(email=old, owner=owner)
    except MailNotSent:
        untold.append("old address")
    if owner.linked_user_id and not _is_ev_energy_told(owner, client):
        untold.append("ev.energy")
    return untold


def _is_ev_energy_told(owner: User, client: Client) -> bool:
    """Its user keeps its id and its cars whatever the address, so nothing here breaks if it cannot be told."""
    try:
        with priority(Priority.STAFF), deadline(seconds=OWNER_WAITS_SECONDS):
            client.change_address(user_id=owner.linked_user_id, email=owner.email)
    except EvEnergyError as error:
        logger.warning("ev.energy could not be told of an address: %s", type(error).__name__)
        return False
    return True
