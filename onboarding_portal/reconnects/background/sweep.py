"""What time alone decides: links that ran out, cars that came back, vehicles that need staff."""

from datetime import datetime

from django.db.models import F

from onboarding_portal.reconnects.background import watch
from onboarding_portal.reconnects.mailed.emails import NEW_ADDRESS
from onboarding_portal.reconnects.models import Reconnect, State, flag_unstable, move_all


def settle(*, now: datetime) -> None:
    """Brings every open reconnect up to date. Doing it twice, or twice at once, changes nothing more."""
    watch.notice_returns(now=now)
    end_for_old_addresses(now=now)
    expire(now=now)
    forget_links(now=now)
    flag_unstable(now=now)


def end_for_old_addresses(*, now: datetime) -> int:
    """Ends what waits for somebody to read a mailbox that is no longer the owner's; returns how many.

    The new address can be mailed then. The links in the old mailbox have been dead since the change.
    """
    waiting = Reconnect.objects.filter(state__in=[State.EMAILED, State.OPENED])
    rows = waiting.exclude(emailed_to=F("vehicle__owner__email"))
    return move_all(rows, State.CANCELLED, now=now, note=NEW_ADDRESS)


def expire(*, now: datetime) -> int:
    """Ends reconnects whose link ran out unused; returns how many."""
    rows = Reconnect.objects.due(now=now)
    unused = rows.filter(state=State.LINK_READY, wants_email=False)
    unopened = rows.filter(state__in=[State.EMAILED, State.OPENED], lasting_until__lte=now)
    return move_all(unused, State.EXPIRED, now=now, note="The link ran out") + move_all(
        unopened, State.EXPIRED, now=now, note="The e-mailed link ran out"
    )


def forget_links(*, now: datetime) -> int:
    """Empties ev.energy's links that have run out or are used up, in whatever state; returns how many."""
    rows = Reconnect.objects
    run_out = rows.with_link_run_out(now=now).update(url="", expires_at=None)
    return run_out + rows.with_link_used_up(now=now).update(url="", expires_at=None)
