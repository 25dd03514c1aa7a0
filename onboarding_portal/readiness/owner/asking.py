"""Calls to ev.energy while an owner waits: within ten seconds, and one of a few outcomes."""

from collections.abc import Callable
from typing import TypeVar

from django.utils import timezone

from onboarding_portal.accounts.allowance import may
from onboarding_portal.accounts.models import User
from onboarding_portal.ev_energy.client import Client, get_client
from onboarding_portal.ev_energy.deadline import deadline
from onboarding_portal.ev_energy.errors import EvEnergyError, Forbidden, Invalid
from onboarding_portal.ev_energy.granted import note_refused
from onboarding_portal.ev_energy.turns import turns
from onboarding_portal.owner_limits import Press

T = TypeVar("T")

OWNER_WAITS_SECONDS = 8.0  # an owner looks at an unfinished page no longer than ten


class NotNow(Exception):
    """ev.energy gave no usable answer in time, or the owner asked too often. Trying again later may help.

    `status` is what the page answers; it shows all that the owner typed.
    """

    def __init__(self, *, status: int = 503) -> None:
        super().__init__("not now")
        self.status = status


class NotGranted(Exception):
    """The application lacks the scope: this part switches itself off."""


def ask(call: Callable[[Client], T], *, owner: User, scope: str) -> T:
    """What the call gives. Raises NotNow, NotGranted, and Invalid where ev.energy refuses what was sent."""
    if not may(Press.SMART_CHARGING, owner=owner, now=timezone.now()):
        raise NotNow(status=429)
    with turns.taken() as is_my_turn:
        if not is_my_turn:
            raise NotNow
        try:
            with deadline(seconds=OWNER_WAITS_SECONDS):
                return call(get_client())
        except Invalid:
            raise
        except Forbidden:
            note_refused(scope)
            raise NotGranted from None
        except EvEnergyError as error:
            raise NotNow from error
