"""An owner of ours becomes a user at ev.energy, once.

ev.energy has no idempotency key, and a second user there would split an owner's cars. So before anything is created
the address is looked up, only one request at a time may create, and one whose answer was lost keeps the right to
create for a while: ev.energy may still be working on it.

Users of one set of credentials do not exist for another, and users can be deleted at ev.energy. An id that no longer
works is replaced by the one found or made anew, and the owner's history in the admin says so.
"""

import logging
import time
from datetime import timedelta

from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext

from onboarding_portal.accounts.models import User
from onboarding_portal.addresses import is_same_mailbox
from onboarding_portal.ev_energy.client import Client
from onboarding_portal.ev_energy.errors import EvEnergyError, Forbidden, Invalid, NotFound, Unavailable
from onboarding_portal.ev_energy.ids import is_user_id

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
    while not user.linked_user_id:
        if find_ev_energy_user(user=user, client=client) or _create(user, client):
            break
        _wait_for_the_other(user, give_up_at)
    return user.linked_user_id


def replace_if_gone(*, user: User, client: Client) -> None:
    """Forgets the owner's id if ev.energy no longer knows it, so that the next that needs one finds or makes it.

    Raises nothing: while ev.energy cannot tell, the id stays.
    """
    ev_energy_user_id = user.linked_user_id
    if not ev_energy_user_id or not _is_gone(user, client):
        return
    if user.unlink_from_ev_energy(ev_energy_user_id=ev_energy_user_id):
        _note(user, gettext("ev.energy no longer knows %(id)s.") % {"id": ev_energy_user_id})
        logger.warning("The ev.energy user of user %s is gone", user.pk)


def _is_gone(user: User, client: Client) -> bool:
    try:
        client.get_user(user_id=user.linked_user_id)
    except (NotFound, Forbidden):
        try:
            # Refused as well, it is the credentials that may not read users, and the id may be good.
            found = client.find_users(email=user.email)
        except EvEnergyError:
            return False
        return all(other.user_id != user.linked_user_id for other in found)
    except EvEnergyError:
        return False
    return False


class ClaimRefused(Exception):
    """An id that somebody typed is not this owner's at ev.energy, or cannot be checked now; says why."""


def check_typed_id(*, ev_energy_user_id: str, email: str, client: Client) -> None:
    """Asks ev.energy whether the user exists and has this address. Raises ClaimRefused."""
    if not is_user_id(ev_energy_user_id):
        raise ClaimRefused(gettext("An id of ev.energy looks like user01J443798BF893ZHFQVCS0FA23."))
    try:
        found = client.get_user(user_id=ev_energy_user_id)
    except (NotFound, Forbidden):
        raise ClaimRefused(gettext("ev.energy knows no user with this id.")) from None
    except EvEnergyError:
        raise ClaimRefused(gettext("ev.energy cannot be asked just now. Nothing was stored.")) from None
    # ev.energy's sandbox answers with one user, whatever the id.
    is_same = found.user_id == ev_energy_user_id and is_same_mailbox(found.email or email, email)
    if settings.EV_ENERGY_VERIFY_OWNERSHIP and not is_same:
        raise ClaimRefused(gettext("At ev.energy this user has another e-mail address."))


def _note(user: User, text: str) -> None:
    """Writes into the owner's history, in the owner's name: nobody of the staff did it."""
    LogEntry.objects.log_actions(user.pk, [user], CHANGE, change_message=text, single_object=True)


def find_ev_energy_user(*, user: User, client: Client) -> str:
    """Returns the id ev.energy has for the owner's address, which is stored then; "" if it has none.

    Raises EvEnergyError: EvEnergyUserTaken and what the client raises.
    """
    found = client.find_users(email=user.email)
    if not found:
        return ""
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
        found = find_ev_energy_user(user=user, client=client) if "email" in error.field_errors else ""
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
        user.refresh_from_db(
            fields=["ev_energy_user_id", "ev_energy_client_id", "ev_energy_creation_leased_until"]
        )
        leased_until = user.ev_energy_creation_leased_until
        if user.linked_user_id or leased_until is None or leased_until <= timezone.now():
            return
    raise UserBeingCreated("create_user: another request is at it", retry_after=WAIT_SECONDS)


def _link(user: User, ev_energy_user_id: str) -> str:
    before = user.ev_energy_user_id
    try:
        with transaction.atomic():
            linked = user.link_to_ev_energy(ev_energy_user_id=ev_energy_user_id)
            if before and before != linked:
                text = gettext("With other credentials of ev.energy: %(new)s instead of %(old)s.")
                _note(user, text % {"new": linked, "old": before})
            return linked
    except IntegrityError:
        raise EvEnergyUserTaken("link: this ev.energy user belongs to another owner") from None
