"""How far attempts came, for counts and for the filters of staff's list: one table."""

from django.db.models import Exists, OuterRef, Q

from onboarding_portal.onboarding.models import AttemptState, Claim, ClaimState
from onboarding_portal.vehicles.models import Vehicle

# Where the choice was left to ev.energy.
NO_MAKE = "none"
_WITH_DATA = Vehicle.objects.filter(pk=OuterRef("vehicle_id"), last_status_at__isnull=False)
_CLAIMS = Claim.objects.filter(Exists(_WITH_DATA), attempt=OuterRef("pk"), state=ClaimState.STORED)
IS_BACK = Q(returned_at__isnull=False)
# Each step is reached by those that came further, too. Before the first, nobody is written down.
REACHED = {
    "left": Q(),
    "back": IS_BACK,
    "data": IS_BACK & Q(state=AttemptState.CONNECTED) & Q(Exists(_CLAIMS)),
}
