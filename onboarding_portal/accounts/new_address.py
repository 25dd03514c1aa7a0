"""An owner has another e-mail address. What opened the account from the old mailbox ends, and it is told so."""

import logging
from datetime import datetime

from django.db import IntegrityError, transaction

from onboarding_portal.accounts.audit import Act, about, record
from onboarding_portal.accounts.mail import MailNotSent, send_mail
from onboarding_portal.accounts.models import Invitation, User
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
        _save(row)
        Invitation.objects.end(email=old, now=now)
        record(act=Act.ADDRESS_CHANGED, actor=by, about=about(row))
    owner.refresh_from_db()
    return old


def _save(row: User) -> None:
    try:
        with transaction.atomic():
            row.save(update_fields=["email"])
    except IntegrityError:  # somebody registered with it in this moment
        raise AddressTaken from None


def tell_old_address(*, email: str, owner: User, is_by_owner: bool = False) -> None:
    """Raises MailNotSent. The new address is not named: it is nobody's business who reads the old mailbox."""
    context = {"is_by_owner": is_by_owner}
    send_mail(template="accounts/email/address_changed", to=email, context=context, owner=owner)


def tell_new_address(*, owner: User) -> None:
    """Raises MailNotSent."""
    send_mail(template="accounts/email/address_is_yours", to=owner.email, context={}, owner=owner)


def announce(*, owner: User, old: str, client: Client) -> list[str]:
    """Tells what staff did; returns who of "old address" and "ev.energy" could not be told."""
    untold = []
    try:
        tell_old_address(email=old, owner=owner)
    except MailNotSent:
        untold.append("old address")
    with priority(Priority.STAFF):
        return untold if is_ev_energy_told(owner=owner, client=client) else [*untold, "ev.energy"]


def announce_own_change(*, owner: User, old: str, client: Client) -> None:
    """Tells both mailboxes and ev.energy, all of them while the owner waits: who cannot be reached is not told."""
    with deadline(seconds=OWNER_WAITS_SECONDS):
        try:
            tell_old_address(email=old, owner=owner, is_by_owner=True)
            tell_new_address(owner=owner)
        except MailNotSent as error:
            logger.warning("A mailbox could not be told of a change of address: %s", error)
        is_ev_energy_told(owner=owner, client=client)


def is_ev_energy_told(*, owner: User, client: Client) -> bool:
    """Its user keeps its id and its cars whatever the address, so nothing here breaks if it cannot be told."""
    if not owner.linked_user_id:
        return True
    try:
        with deadline(seconds=OWNER_WAITS_SECONDS):
            client.change_address(user_id=owner.linked_user_id, email=owner.email)
    except EvEnergyError as error:
        logger.warning("ev.energy could not be told of an address: %s", type(error).__name__)
        return False
    return True
