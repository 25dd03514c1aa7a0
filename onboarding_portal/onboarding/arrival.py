"""An owner comes back from ev.energy. What the browser brings is a claim: each vehicle is read back before it counts.

What ev.energy cannot answer at that moment stays a pending claim. It is tried again in the background, in growing
steps, and the car appears once the answer is there.
"""

import logging
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import datetime

from django.utils import timezone

from onboarding_portal.accounts.allowance import count
from onboarding_portal.accounts.models import User
from onboarding_portal.accounts.on_behalf import on_behalf_of_owner
from onboarding_portal.ev_energy.client import Client
from onboarding_portal.ev_energy.deadline import deadline, seconds_left
from onboarding_portal.ev_energy.errors import EvEnergyError, NotFound
from onboarding_portal.ev_energy.ids import is_vehicle_id
from onboarding_portal.ev_energy.priority import Priority, priority
from onboarding_portal.onboarding.models import Attempt, Claim, ClaimState, TooManyVehicles, is_hopeless
from onboarding_portal.owner_limits import DAY, MOST_CLAIMS, Press
from onboarding_portal.vehicles.store import BelongsToAnotherOwner, store_vehicle

logger = logging.getLogger(__name__)


class MalformedReturn(Exception):
    """The address the browser came back with holds no id ev.energy could have sent. Nothing was stored."""


def record_return(*, attempt: Attempt, vehicle_ids: Sequence[str], now: datetime) -> None:
    """Stores what the browser claims, however often it says so; no ids at all mean that the owner gave up.

    Raises MalformedReturn if ids came and none of them has the right shape, or more than an attempt may bring; and
    TooOften.
    """
    well_formed = [vehicle_id for vehicle_id in dict.fromkeys(vehicle_ids) if is_vehicle_id(vehicle_id)]
    if not vehicle_ids:
        attempt.cancel(now=now)
        return
    if not well_formed or len(well_formed) > MOST_CLAIMS:
        attempt.refuse(now=now)
        raise MalformedReturn
    today = list(Claim.objects.of_owner(attempt.owner_id, since=now - DAY))
    if not {vehicle_id for attempt_id, vehicle_id in today if attempt_id == attempt.pk}.issuperset(
        well_formed
    ):
        count(Press.RETURN, owner=attempt.owner, now=now, done=len(today))
    try:
        attempt.claim(vehicle_ids=well_formed, now=now)
    except TooManyVehicles:
        raise MalformedReturn from None


def read_back(*, attempt: Attempt, client: Client, now: datetime, seconds: float) -> None:
    """Reads the attempt's due claims from ev.energy, stores the owner's vehicles, and settles the attempt.

    Ends within `seconds`; what is left by then stays due. Safe to run twice at once: the first to come takes
    the claim. Owners wait for the first try of each claim, nobody for those after it.
    """
    with deadline(seconds=seconds):
        for claim in attempt.claims.due(now=now):
            if not seconds_left(default=seconds):
                break
            if not claim.take(now=now):
                continue
            if is_hopeless(attempt.claims.values_list("state", flat=True)):
                claim.resolve(state=ClaimState.UNKNOWN)  # not asked about: made up like those before it
                continue
            with priority(Priority.BULK) if claim.tries else nullcontext():
                _read_back_one(claim=claim, owner=attempt.owner, client=client, now=now)
    attempt.settle(now=now)


def _read_back_one(*, claim: Claim, owner: User, client: Client, now: datetime) -> None:
    try:
        with on_behalf_of_owner(lambda: owner):
            resource = client.get_vehicle(vehicle_id=claim.vehicle_id)
        store_vehicle(resource=resource, owner=owner, now=timezone.now())
    except NotFound:
        claim.resolve(state=ClaimState.UNKNOWN)
    except BelongsToAnotherOwner:
        logger.warning("A return named a vehicle of another owner", extra={"vehicle_id": claim.vehicle_id})
        claim.resolve(state=ClaimState.FOREIGN)
    except EvEnergyError as error:
        logger.info("A returned vehicle could not be read back yet: %s", type(error).__name__)
        claim.release(now=now)
    else:
        claim.resolve(state=ClaimState.STORED)
