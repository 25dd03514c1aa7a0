"""Whether a returned vehicle may be taken for its owner's unseen: with credentials of ev.energy's sandbox alone.

The address is the same for all credentials, so ev.energy is asked: its sandbox answers with one user whatever the id,
and to all other credentials the id that is asked for does not exist.
"""

import sys
from collections.abc import Iterator
from contextlib import suppress
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage
from django.utils.crypto import salted_hmac

from onboarding_portal.ev_energy import shared_cache
from onboarding_portal.ev_energy.client import get_client
from onboarding_portal.ev_energy.errors import EvEnergyError, NotFound
from onboarding_portal.ev_energy.shared_cache import CacheDown
from onboarding_portal.operations.checks.registry import error, is_loopback, portal_check, warning
from onboarding_portal.operations.logs.config import LONG_RUNNING

NOBODYS_ID = f"user{'0' * 26}"
# An answer holds for as long, so that a process can start again while ev.energy is away.
KNOWN_FOR_SECONDS = 7 * 86_400.0
ON = "Set EV_ENERGY_VERIFY_OWNERSHIP=true."


def ownership() -> Iterator[CheckMessage]:
    if settings.EV_ENERGY_VERIFY_OWNERSHIP:
        return
    off = "EV_ENERGY_VERIFY_OWNERSHIP is off"
    danger = "an owner could take another's car by coming back with its id."
    try:
        is_harmless = is_loopback(urlsplit(settings.EV_ENERGY_API_URL).hostname or "") or _are_the_sandboxs()
    except EvEnergyError as failure:
        yield error(
            29,
            f"{off}, and ev.energy does not tell whether these credentials are its sandbox's ({failure}).",
            f"{ON} With sandbox credentials run python manage.py check_ev_energy, and start again.",
        )
        return
    if is_harmless:
        yield warning(26, f"{off}: {danger}", f"{ON} Off is right with ev.energy's sandbox alone.")
    else:
        yield error(26, f"{off} with credentials that are not ev.energy's sandbox's: {danger}", ON)


def _are_the_sandboxs() -> bool:
    """Raises EvEnergyError."""
    identity = (
        f"{settings.EV_ENERGY_API_URL}\n{settings.EV_ENERGY_CLIENT_ID}\n{settings.EV_ENERGY_CLIENT_SECRET}"
    )
    key = f"ev_energy:sandbox:{salted_hmac('ev_energy.sandbox', identity, algorithm='sha256').hexdigest()}"
    with suppress(CacheDown):
        if isinstance(known := shared_cache.read(key), bool):
            return known
    try:
        said = get_client().get_user(user_id=NOBODYS_ID).user_id != NOBODYS_ID
    except NotFound:
        said = False
    with suppress(CacheDown):
        shared_cache.write(key, said, seconds=KNOWN_FOR_SECONDS)
    return said


def before_a_worker_starts() -> Iterator[CheckMessage]:
    if sys.argv[0].endswith("manage.py") and LONG_RUNNING.intersection(sys.argv[1:2]):
        yield from ownership()


# A release and gunicorn ask for the checks of deployments; worker and clock are commands, which do not.
portal_check(ownership, deploy=True)
portal_check(before_a_worker_starts)
