"""An owner who signs in for the first time may be ev.energy's customer already: their cars are looked up, once.

The owner's row says that this is to be done. The first page that shows cars does it, and waits a few seconds at most;
what ev.energy could not answer by then, a task asks again, in growing steps for a day.
"""

import logging
from datetime import datetime, timedelta
from time import monotonic

from django.utils import timezone
from django_tasks import task

from onboarding_portal.accounts.allowance import may
from onboarding_portal.accounts.ev_energy_user import EvEnergyUserTaken, find_ev_energy_user
from onboarding_portal.accounts.models import User
from onboarding_portal.accounts.on_behalf import on_behalf_of_owner
from onboarding_portal.ev_energy.client import Client, get_client
from onboarding_portal.ev_energy.deadline import deadline
from onboarding_portal.ev_energy.errors import EvEnergyError
from onboarding_portal.ev_energy.priority import Priority, priority
from onboarding_portal.ev_energy.turns import turns
from onboarding_portal.owner_limits import Press
from onboarding_portal.timing import FIRST_LOOK_LEASE, OWNER_CALL_SECONDS, VEHICLE_SLICE_SECONDS
from onboarding_portal.vehicles.store import BelongsToAnotherOwner, store_vehicle

logger = logging.getLogger(__name__)

DUE = "cars_due_at"
SHORTEST_WAIT = timedelta(minutes=1)
GIVE_UP_AFTER = timedelta(days=1)


def look_while_owner_waits(*, owner: User, client: Client, now: datetime) -> None:
    """As `look_for_cars`, for the owner's page; left to the background where many look, or wait for ev.energy."""
    is_due = owner.cars_due_at is not None and owner.cars_due_at <= now
    if not is_due or not may(Press.LOOK, owner=owner, now=now):
        return
    with turns.taken() as is_my_turn:
        if is_my_turn:
            look_for_cars(owner=owner, client=client, now=now)


def look_for_cars(*, owner: User, client: Client, now: datetime) -> None:
    """Stores the cars ev.energy has for the owner, if that is due and nobody else is at it. Raises nothing.

    `owner.cars_due_at` is None afterwards if the answer is known.
    """
    if owner.cars_due_at is None or owner.cars_due_at > now:
        return
    if not User.objects.take(owner, due=DUE, until=now + FIRST_LOOK_LEASE):
        return
    due_at = None
    try:
        with on_behalf_of_owner(lambda: owner), deadline(seconds=OWNER_CALL_SECONDS):
            _store_cars(owner, client)
    except EvEnergyUserTaken:
        logger.warning("The ev.energy user of user %s is another owner's", owner.pk)
    except EvEnergyError as error:
        logger.info("An owner's cars could not be looked up yet: %s", type(error).__name__)
        since = owner.last_login or owner.joined_at
        if now - since < GIVE_UP_AFTER:
            due_at = now + max(SHORTEST_WAIT, (now - since) / 2)
    User.objects.release(owner, due=DUE, due_at=due_at)


def _store_cars(owner: User, client: Client) -> None:
    user_id = owner.linked_user_id or find_ev_energy_user(user=owner, client=client)
    if not user_id:
        return
    asked_at = timezone.now()
    for page in client.vehicles(user_id=user_id):
        for resource in page.items:
            try:
                store_vehicle(resource=resource, owner=owner, now=asked_at)
            except BelongsToAnotherOwner:
                logger.warning(
                    "An owner's list names another's car", extra={"vehicle_id": resource.vehicle_id}
                )
        asked_at = timezone.now()


@task()
def look_for_due_cars() -> None:
    """Asks for the cars of all owners for whom it is due, for a few seconds; the next sweep goes on."""
    started = monotonic()
    while monotonic() - started < VEHICLE_SLICE_SECONDS:
        owner = User.objects.with_due_cars(now=timezone.now()).order_by(DUE).first()
        if owner is None:
            return
        with priority(Priority.BULK):
            look_for_cars(owner=owner, client=get_client(), now=timezone.now())
