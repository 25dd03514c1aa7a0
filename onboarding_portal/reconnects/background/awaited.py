"""Cars of open reconnects whose news only a read of the car brings. Those whose owner is at ev.energy are watched."""

from datetime import datetime, timedelta

from django.db.models import QuerySet

from onboarding_portal.reconnects.models import Reconnect, State
from onboarding_portal.vehicles.models import Vehicle

BEFORE_A_REMINDER = timedelta(hours=1)


def with_link_at_the_counter() -> QuerySet[Vehicle]:
    """Cars whose link staff have: nobody sees it being opened, so only data tells that it was."""
    return _cars_of(Reconnect.objects.filter(state=State.LINK_READY))


def about_to_be_reminded(*, now: datetime) -> QuerySet[Vehicle]:
    """Cars whose owners get a reminder soon: none is to go out for a car that is back."""
    soon = Reconnect.objects.filter(
        state__in=[State.EMAILED, State.OPENED], next_work_at__lte=now + BEFORE_A_REMINDER
    )
    return _cars_of(soon)


def _cars_of(reconnects: QuerySet[Reconnect]) -> QuerySet[Vehicle]:
    return Vehicle.objects.present().filter(pk__in=reconnects.values("vehicle"))
