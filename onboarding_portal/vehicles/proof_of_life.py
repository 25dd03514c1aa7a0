"""A car that charges is alive: ev.energy says so by a webhook, and no request is spent.

It proves that data came, and nothing more: not whose the car is, and not that a lost connection is there again.
Those are ev.energy's to say when it is asked.
"""

from datetime import datetime

from django.db.models import Q
from django.dispatch import Signal

from onboarding_portal.ev_energy.smart_charging_resources import SubSession
from onboarding_portal.vehicles import staleness
from onboarding_portal.vehicles.models import Vehicle

# For rooms that want to know what was charged; sent with `vehicle`, `sub_session` and `now`, for cars we have.
charging_heard = Signal()


def note_charging(*, sub_session: SubSession, now: datetime) -> bool:
    """Notes the moment the car charged, unless newer data is known; returns whether the car is one of ours.

    A car that was silent is not stale any more. An owner who waits for it after signing in again is told within a
    minute, by the sweep that finds returns.
    """
    vehicle = Vehicle.objects.present().filter(pk=sub_session.vehicle_id).first()
    if vehicle is None:
        return False
    moment = sub_session.ended_at or sub_session.started_at
    older = Q(last_status_at=None) | Q(last_status_at__lt=moment)
    is_news = moment <= now and Vehicle.objects.filter(older, pk=vehicle.pk).update(last_status_at=moment)
    if is_news and vehicle.is_stale:
        staleness.apply_to(vehicle=vehicle, now=now)
    charging_heard.send(sender=Vehicle, vehicle=vehicle, sub_session=sub_session, now=now)
    return True
