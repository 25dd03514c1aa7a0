"""Which owner a call names: by address, or by ev.energy's id, for which ev.energy may have to be asked."""

from datetime import datetime

from django.db import IntegrityError, transaction

from onboarding_portal.accounts.models import User
from onboarding_portal.addresses import CannotBeMailed, normalize_address
from onboarding_portal.api.problems import Kind, Problem, invalid
from onboarding_portal.api.schemas import NewSession
from onboarding_portal.ev_energy.client import get_client
from onboarding_portal.ev_energy.errors import EvEnergyError, Forbidden, NotFound
from onboarding_portal.ev_energy.priority import Priority, priority


def owner_named(*, asked: NewSession, now: datetime) -> User | None:
    """The owner, or None for an address nobody has yet. Raises Problem.

    An id the portal does not know is looked up at ev.energy, with staff's rank in the budget.
    """
    if (asked.email is None) == (asked.ev_energy_user_id is None):
        raise invalid("/email", "Name the owner by email or by ev_energy_user_id, one of the two.")
    if asked.ev_energy_user_id is None:
        return _by_address(str(asked.email))
    known = User.objects.linked().filter(ev_energy_user_id=asked.ev_energy_user_id).first()
    return _checked(known, "/ev_energy_user_id") if known else _from_ev_energy(asked.ev_energy_user_id)


def made_now(email: str) -> User:
    """A new owner with this address, or whom another call has made at the same moment. Raises Problem."""
    try:
        with transaction.atomic():
            return User.objects.create_user(email)
    except IntegrityError:
        found = _by_address(email)
        if found is None:
            raise
        return found


def _by_address(email: str) -> User | None:
    try:
        normalize_address(email)
    except CannotBeMailed:
        raise invalid("/email", "cannot be mailed.") from None
    found = User.objects.with_email(email).first()
    return _checked(found, "/email") if found else None


def _checked(found: User, pointer: str) -> User:
    """Staff's accounts open the admin and are nobody's to hand over; a closed account is nobody's either."""
    if found.is_staff or found.is_superuser or not found.is_active:
        raise invalid(pointer, "names nobody who can be handed over.")
    return found


def _from_ev_energy(user_id: str) -> User:
    try:
        with priority(Priority.STAFF):
            told = get_client().get_user(user_id=user_id)
    except (NotFound, Forbidden):
        raise invalid("/ev_energy_user_id", "is not known to ev.energy.") from None
    except EvEnergyError as error:
        raise _unavailable(error) from None
    if told.user_id != user_id or not told.email:
        raise invalid("/ev_energy_user_id", "has no address at ev.energy. Name the owner by email.")
    found = _by_address(told.email)
    try:
        with transaction.atomic():
            owner = found or made_now(told.email)
            owner.link_to_ev_energy(ev_energy_user_id=user_id)
    except IntegrityError:
        raise Problem(Kind.CONFLICT, detail="This user of ev.energy belongs to another owner here.") from None
    return owner


def _unavailable(error: EvEnergyError) -> Problem:
    seconds = getattr(error, "retry_after", None)
    headers = {"Retry-After": str(int(seconds) + 1)} if seconds else {}
    return Problem(Kind.UNAVAILABLE, detail="ev.energy cannot be asked just now.", headers=headers)
