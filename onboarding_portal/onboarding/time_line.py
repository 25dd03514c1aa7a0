"""What the first journey adds to a car's time line: its owner came back from the manufacturer's sign-in."""

from collections.abc import Iterable
from datetime import datetime

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from onboarding_portal.diagnostics.events import Event
from onboarding_portal.diagnostics.portal_events import MOST_EVENTS, NAME
from onboarding_portal.onboarding.models import Attempt
from onboarding_portal.vehicles.models import Vehicle


def returns_with(vehicle: Vehicle, since: datetime, until: datetime) -> Iterable[Event]:
    """One query."""
    attempts = Attempt.objects.filter(
        owner=vehicle.owner_id,
        claims__vehicle_id=vehicle.pk,
        returned_at__gte=since,
        returned_at__lte=until,
    )
    for returned_at in attempts.order_by("-returned_at").values_list("returned_at", flat=True)[:MOST_EVENTS]:
        if returned_at is not None:
            text = gettext("The owner signed in at the manufacturer and came back with this car")
            yield Event(at=returned_at, name=NAME, label=_("Sign-in"), text=text)
