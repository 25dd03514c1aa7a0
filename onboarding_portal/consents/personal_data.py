"""What `consents` holds about a person: when they agreed to what."""

from onboarding_portal.accounts.held import Held, PersonalData
from onboarding_portal.consents.models import Consent


class ConsentsPersonalData(PersonalData):
    room = "consents"
    height = 15
    held = (
        Held(
            model=Consent,
            rows=lambda person: Consent.objects.filter(owner=person.user_id),
            exported=["said_at", "text_version", "language", "make_id", "vehicle_id"],
        ),
    )
