"""Whether owners have a home address and a tariff, from ev.energy's list of all of them: once a day at most.

The addresses themselves pass through and are not kept.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q

from onboarding_portal.accounts.models import User
from onboarding_portal.ev_energy.client import Client
from onboarding_portal.ev_energy.smart_charging_resources import UserAtHome
from onboarding_portal.readiness.background.portion import Portion, Progress
from onboarding_portal.readiness.models import Readiness, Reading

EVERY = timedelta(days=1)


def read_homes(reading: Reading, *, client: Client, portion: Portion) -> Progress:
    """Reads on from where the last one stopped, or begins anew a day later."""
    now = portion.now()
    if reading.part_until is None:
        if reading.read_until and now - reading.read_until < EVERY:
            return Progress.COMPLETE
        reading.write(part_until=now, cursor="")
    for page in portion.limited(client.users_at_home(page_after=reading.cursor or None)):
        with transaction.atomic():
            store(page.items, asked_at=now)
            if not portion.progress(
                reading, cursor=page.next_cursor or "", ends_at=reading.part_until or now
            ):
                return Progress.LEASE_LOST
        if page.next_cursor is None:
            return Progress.COMPLETE
    return Progress.PART_READ


def store(users: Sequence[UserAtHome], *, asked_at: datetime) -> None:
    """Keeps what each of our owners among them has. At most five queries."""
    owners = User.objects.filter(ev_energy_user_id__in=[user.user_id for user in users])
    by_user = dict(owners.values_list("ev_energy_user_id", "pk"))
    having: dict[tuple[bool, bool], list[int]] = {}
    for user in users:
        if owner_id := by_user.get(user.user_id):
            home = user.home
            facts = (home is not None and home.has_address, home is not None and home.tariff_id is not None)
            having.setdefault(facts, []).append(owner_id)
    for (has_address, has_tariff), owner_ids in having.items():
        rows = Readiness.objects.filter(kept_for__in=owner_ids, vehicle__handed_over_under="")
        rows.filter(Q(home_read_at=None) | Q(home_read_at__lt=asked_at)).update(
            has_address=has_address, has_tariff=has_tariff, home_read_at=asked_at
        )
