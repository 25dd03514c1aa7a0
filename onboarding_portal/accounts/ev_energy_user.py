"""An owner of ours becomes a user at ev.energy, once.

ev.energy has no idempotency key, and a second user there would split an owner's cars. So before anything is created
the address is looked up, only one request at a time may create, and one whose answer was lost keeps the right to
create for a while: ev.energy may still be working on it.
"""

import logging
import time
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from onboarding_portal.accounts.models import User
from onboarding_portal.ev_energy.client import Client
from onboarding_portal.ev_energy.errors import EvEnergyError, Invalid, Unavailable

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=15)  # longer than the client waits for an answer
WAIT_SECONDS = 8.0
POLL_SECONDS = 0.1


class UserBeingCreated(Unavailable):
    """Another request is creating this owner at ev.energy, or did and got no answer. Trying again helps."""


class EvEnergyUserTaken(EvEnergyError):
    """The user ev.energy has for this address is linked to another owner here. Staff have to look into it."""


def ensure_ev_energy_user(*, user: User, client: Client) -> str:
    """Returns the owner's id at ev.energy, found by e-mail address or made there when it is first needed.

    Raises EvEnergyError: UserBeingCreated and EvEnergyUserTaken, and what the client raises.
    """
    give_up_at = time.monotonic() + WAIT_SECONDS
    while not user.ev_energy_user_id:
        if _find(user, client) or _create(user, client):
            break
        _wait_for_the_other(user, give_up_at)
    return user.ev_energy_user_id or ""


def _find(user: User, client: Client) -> str | None:
    found = client.find_users(email=user.email)
    if not found:
        return None
    if len(found) > 1:
        logger.warning("ev.energy has %d users with the address of user %s", len(found), user.pk)
    # Ids sort by the time they were made, so everybody who asks gets the same one: the oldest.
    return _link(user, min(other.user_id for other in found))


def _create(user: User, client: Client) -> str | None:
    """Returns the new user's id; None if somebody else is at it."""
    now = timezone.now()
    if not user.take_ev_energy_creation(now=now, until=now + LEASE):
        return None
    try:
        ev_energy_user_id = client.create_user(email=user.email).user_id
    except Unavailable as error:
        # It answered, so it is done with it, and the next look-up tells the truth.
        if error.status is not None:
            user.release_ev_energy_creation()
        raise
    except Invalid as error:
        user.release_ev_energy_creation()
        # Made by others between our question and this, or spelt in a way the question did not match.
        found = _find(user, client) if "email" in error.field_errors else None
        if found:
            return found
        raise
    except EvEnergyError:
        user.release_ev_energy_creation()
        raise
    linked = _link(user, ev_energy_user_id)
    user.release_ev_energy_creation()
    return linked


def _wait_for_the_other(user: User, give_up_at: float) -> None:
    """Returns when the owner is linked or may be created again: the second of two clicks ends like the first."""
    while time.monotonic() < give_up_at:
        time.sleep(POLL_SECONDS)
        user.refresh_from_db(fields=["ev_energy_user_id", "ev_energy_creation_leased_until"])
        leased_until = user.ev_energy_creation_leased_until
        if user.ev_energy_user_id or leased_until is None or leased_until <= timezone.now():
            return
    raise UserBeingCreated("create_user: another request is at it", retry_after=WAIT_SECONDS)


def _link(user: User, ev_energy_user_id: str) -> str:
    try:
        with transaction.atomic():
            return user.link_to_ev_energy(ev_energy_user_id=ev_energy_user_id)
    except IntegrityError:
        raise EvEnergyUserTaken("link: this ev.energy user belongs to another owner") from None
