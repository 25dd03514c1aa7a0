"""After the redirect: looks in growing steps whether the car is back, and says so only when data proves it.

Proof is a vehicle that is ACTIVE with a sample newer than the redirect. A stored vehicle that proves it costs no
request, so data from a sync counts too.
"""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q

from onboarding_portal.accounts.models import User
from onboarding_portal.ev_energy.client import Client
from onboarding_portal.reconnects.mailed.emails import next_mail_at
from onboarding_portal.reconnects.models import CameBack, Reconnect, ReconnectQuerySet, State, move_all
from onboarding_portal.reconnects.timetable import WATCH_STEPS
from onboarding_portal.vehicles.models import EndedBy, Integration, Vehicle
from onboarding_portal.vehicles.refresh import refresh_vehicle

# The owner may be in front of the screen for so long; these looks go ahead of bulk work.
OWNER_MAY_WAIT = timedelta(minutes=10)


def send_off(*, reconnect: Reconnect, now: datetime, by: User | None) -> None:
    """The owner is on the way to ev.energy: the watch begins, or begins anew. Raises WrongState."""
    reconnect.move(
        State.REDIRECTED,
        now=now,
        by=by,
        note="" if by else "By the link in the e-mail",
        checks_done=0,
        next_work_at=now + WATCH_STEPS[0],
        came_back_at=None,
        came_back_with="",
    )


def note_return(*, reconnect: Reconnect, came_back_with: CameBack, now: datetime) -> bool:
    """The browser says that the owner is back. Says whether it was news.

    The link is used up then, whatever came of it. After a sign-in the watch begins anew: data may come any moment.
    """
    if reconnect.state != State.REDIRECTED or reconnect.came_back_with == came_back_with:
        return False
    is_done = came_back_with == CameBack.DONE
    return reconnect.try_move(
        State.REDIRECTED,
        now=now,
        note=f"Came back: {came_back_with.lower()}",
        redirected_at=reconnect.redirected_at,
        next_work_at=now + WATCH_STEPS[0] if is_done else reconnect.next_work_at,
        came_back_at=now,
        came_back_with=came_back_with,
        url="",
        expires_at=None,
    )


def next_look_at(reconnect: Reconnect, *, now: datetime) -> datetime | None:
    """When the vehicle is looked at next; None when the watch is over."""
    begins_at = reconnect.redirected_at
    if reconnect.came_back_with == CameBack.DONE and reconnect.came_back_at:
        begins_at = reconnect.came_back_at
    if begins_at is None:
        return None
    for step in WATCH_STEPS:
        if begins_at + step > now:
            return begins_at + step
    return None


def is_back(*, vehicle: Vehicle, since: datetime) -> bool:
    """Whether the vehicle proves by data that it works again."""
    return vehicle.integration == Integration.ACTIVE and vehicle.has_data_since(since)


def look(*, reconnect: Reconnect, lease: datetime, client: Client, now: datetime) -> None:
    """One look at the vehicle of a REDIRECTED reconnect, for the holder of `lease`.

    What the look says is stored: RECONNECTED, EXPIRED after the last, or the time of the next. Raises EvEnergyError
    and BelongsToAnotherOwner with the lease still held.
    """
    redirected_at = reconnect.redirected_at
    if redirected_at is None:
        return
    vehicle = reconnect.vehicle
    if (
        not is_back(vehicle=vehicle, since=redirected_at)
        and now <= redirected_at + WATCH_STEPS[-1] + WATCH_STEPS[0]
    ):
        vehicle = refresh_vehicle(vehicle_id=vehicle.pk, client=client, now=now)
    if vehicle.removed_at is not None:
        reconnect.try_move(State.CANCELLED, now=now, lease=lease, note="The vehicle is gone")
    elif is_back(vehicle=vehicle, since=redirected_at):
        finish(reconnect=reconnect, lease=lease, now=now)
    else:
        look_later(reconnect=reconnect, lease=lease, now=now)


def look_later(*, reconnect: Reconnect, lease: datetime, now: datetime) -> None:
    """Nothing new, or nobody to ask: the next step, or the end of the watch.

    Who was e-mailed and gave up at the manufacturer's is reminded as if they had never gone, while the link works.
    """
    next_at = next_look_at(reconnect, now=now)
    if next_at is None and reconnect.lasting_until is not None and reconnect.lasting_until > now:
        reconnect.try_move(
            State.EMAILED,
            now=now,
            lease=lease,
            note="No data after the last look",
            emailed_at=reconnect.emailed_at,
            next_work_at=next_mail_at(reconnect, reminders_sent=reconnect.reminders_sent),
        )
        return
    if next_at is None:
        reconnect.try_move(State.EXPIRED, now=now, lease=lease, note="No data after the last look")
        return
    Reconnect.objects.filter(pk=reconnect.pk).release(
        lease=lease, next_work_at=next_at, checks_done=F("checks_done") + 1
    )


def finish(*, reconnect: Reconnect, lease: datetime, now: datetime) -> None:
    """The car is back: links are revoked, the vehicle is no longer stale, the owner will be told.

    A finished repair also answers staff's mark, which data alone does not lift.
    """
    # Both or neither: nobody takes up a reconnect that has ended, and the mark would stay.
    with transaction.atomic():
        if reconnect.try_move(State.RECONNECTED, now=now, lease=lease, next_work_at=now):
            car = Vehicle.objects.filter(pk=reconnect.vehicle_id)
            car.clear_stale(now=now, ended_by=EndedBy.RECONNECTED)


def notice_returns(*, now: datetime) -> int:
    """Settles open reconnects whose vehicle the sync has found to be back, or gone; returns how many.

    Whose owner went to ev.energy is due for a look at once. A link at the counter has done its work. The others came
    back without help, and nobody is to be asked for anything any more.
    """
    rows, working = Reconnect.objects.open(), Q(vehicle__integration=Integration.ACTIVE)
    _look_at_once(rows.filter(working, vehicle__last_status_at__gt=F("redirected_at")), now=now)
    # A vehicle that changed hands was first seen with its new owner after this reconnect began.
    changed_hands = Q(vehicle__connected_at__gt=F("created_at"))
    gone = Q(vehicle__removed_at__isnull=False) | Q(vehicle__is_disabled=True) | changed_hands
    healthy = working & Q(vehicle__stale_since=None)
    used_link = Q(state=State.LINK_READY, vehicle__last_status_at__gt=F("link_made_at"))
    waiting = Q(state__in=[State.QUEUED, State.EMAILED, State.OPENED])
    return (
        move_all(rows.filter(gone), State.CANCELLED, now=now, note="The vehicle is gone")
        + move_all(rows.filter(healthy & used_link), State.RECONNECTED, now=now, next_work_at=now)
        + move_all(
            rows.filter(healthy & waiting), State.CANCELLED, now=now, note="The car came back by itself"
        )
    )


def _look_at_once(with_data: ReconnectQuerySet, *, now: datetime) -> None:
    with_data.filter(state=State.REDIRECTED, next_work_at__gt=now).update(next_work_at=now)
    # The watch was over, and data came later: it is finished as if it had come in time.
    move_all(
        with_data.filter(state__in=[State.EMAILED, State.OPENED]),
        State.REDIRECTED,
        now=now,
        note="Data came in",
        redirected_at=F("redirected_at"),
        next_work_at=now,
    )
