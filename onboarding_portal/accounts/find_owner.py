"""The owner somebody on a server's shell means: by address, by the portal's id or by ev.energy's."""

from django.core.management.base import CommandError

from onboarding_portal.accounts.models import User
from onboarding_portal.ev_energy.ids import is_user_id


def find_owner(text: str) -> User:
    """Raises CommandError, which does not repeat what was typed: it may be an address."""
    term = text.strip()
    if is_user_id(term):
        rows = User.objects.filter(ev_energy_user_id=term)
    elif term.isascii() and term.isdecimal() and len(term) <= 18:
        rows = User.objects.filter(pk=int(term))
    else:
        rows = User.objects.with_email(term)
    owner = rows.owners().first()
    if owner is None:
        raise CommandError("No owner has this address or id.")
    return owner
