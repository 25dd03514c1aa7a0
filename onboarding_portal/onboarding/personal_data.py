"""What `onboarding` holds about a person: each time they left to connect a car, and what they came back with."""

from onboarding_portal.accounts.held import Held, PersonalData
from onboarding_portal.onboarding.models import Attempt, Claim


class OnboardingPersonalData(PersonalData):
    room = "onboarding"
    height = 20
    held = (
        Held(
            model=Claim,
            rows=lambda person: Claim.objects.filter(attempt__owner=person.user_id),
            exported=["created_at", "vehicle_id", "state"],
        ),
        Held(
            model=Attempt,
            rows=lambda person: Attempt.objects.filter(owner=person.user_id),
            exported=["started_at", "state", "make_id", "model_id", "trim_id", "returned_at", "ended_at"],
        ),
    )
