"""What `readiness` holds about a person: how far each of their cars is, and what it charged smartly.

Their home address is not here: ev.energy keeps it, and says so to whom it belongs.
"""

from onboarding_portal.accounts.held import Held, PersonalData
from onboarding_portal.readiness.models import Readiness


class ReadinessPersonalData(PersonalData):
    room = "readiness"
    height = 25
    held = (
        Held(
            model=Readiness,
            rows=lambda person: Readiness.objects.filter(
                vehicle__owner=person.user_id, kept_for=person.user_id
            ),
            exported=[
                *("vehicle_id", "blocker", "has_address", "has_tariff", "home_read_at", "is_controllable"),
                *("is_at_home", "commands_arrive", "looked_at", "last_charged_at", "first_smart_at"),
                *("latest_smart", "latest_smart_at", "smart_wh_by_start", "first_mailed_at"),
            ],
        ),
    )
