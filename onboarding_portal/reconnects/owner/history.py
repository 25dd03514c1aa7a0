"""What the history of a car says of reconnects: that its owner was written to, and that somebody left to sign in."""

from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext_lazy as _

from onboarding_portal.reconnects.models import Reconnect
from onboarding_portal.vehicles.car_page import history
from onboarding_portal.vehicles.car_page.history import Event
from onboarding_portal.vehicles.models import Vehicle

STEPS = {
    "emailed_at": _("We wrote to you about it."),
    "redirected_at": _("Off to sign in again."),
}


def _reconnects(vehicle: Vehicle, before: datetime, most: int) -> Iterable[Event]:
    for column, words in STEPS.items():
        rows = Reconnect.objects.filter(vehicle=vehicle, **{f"{column}__lt": before}).order_by(f"-{column}")
        for at in rows.values_list(column, flat=True)[:most]:
            yield Event(at=at, words=words)


def hook_in() -> None:
    history.add_source(_reconnects)
