"""Whether an e-mail about an owner's cars may go out now: see `accounts/paced_mail.py`."""

from collections.abc import Sequence
from datetime import datetime

from onboarding_portal.accounts.paced_mail import take_place
from onboarding_portal.reconnects.models import Leased, Reconnect


def is_put_off(held: Sequence[Leased], *, now: datetime) -> bool:
    """Takes a place for one e-mail about all of `held`, which are one owner's. Without one they are given back, due
    when there may be one; no try is counted.
    """
    owner = held[0].reconnect.vehicle.owner
    put_off = take_place(address=owner.email, time_zone=owner.time_zone, now=now)
    if put_off is None:
        return False
    for each in held:
        Reconnect.objects.filter(pk=each.reconnect.pk).release(
            lease=each.lease, next_work_at=put_off.until, waits_for=put_off.waits_for
        )
    return True
