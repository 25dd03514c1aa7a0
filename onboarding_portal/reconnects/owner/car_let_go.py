"""An owner lets a car go: nobody asks them to repair it any more."""

from datetime import datetime
from typing import Any

from django.dispatch import receiver

from onboarding_portal.accounts.models import User
from onboarding_portal.reconnects.models import HelperLink, Reconnect, State, move_all
from onboarding_portal.vehicles.letting_go import car_let_go
from onboarding_portal.vehicles.models import Vehicle

NOTE = "The owner let the car go"


@receiver(car_let_go)
def _end_reconnects(sender: type, vehicle: Vehicle, by: User, now: datetime, **_more: Any) -> None:
    move_all(Reconnect.objects.open().filter(vehicle=vehicle), State.CANCELLED, now=now, by=by, note=NOTE)
    HelperLink.objects.of_car(vehicle).end(now=now)
