"""What `api` holds about a person: each time one of the company's systems handed them over."""

from onboarding_portal.accounts.held import Held, PersonalData, Signed
from onboarding_portal.api.models import ApiKey, HandOver


class ApiPersonalData(PersonalData):
    room = "api"
    height = 30
    held = (
        Held(
            model=HandOver.attempts.through,
            rows=lambda person: HandOver.attempts.through.objects.filter(handover__owner=person.user_id),
            exported=["handover_id", "attempt_id"],
        ),
        Held(
            model=HandOver.reconnects.through,
            rows=lambda person: HandOver.reconnects.through.objects.filter(handover__owner=person.user_id),
            exported=["handover_id", "reconnect_id"],
        ),
        Held(
            model=HandOver,
            rows=lambda person: HandOver.objects.filter(owner=person.user_id),
            exported=[
                *("created_at", "id", "journey", "vehicle_id", "make_id", "model_id", "trim_id"),
                *("return_url", "language", "reference", "opened_at", "ended_at", "outcome", "outcome_at"),
            ],
        ),
    )
    signed = (Signed(model=ApiKey, columns=["made_by_signature"]),)
    not_about_owners = {
        "api.ApiKey": "names the colleague who made it",
        "api.StoredAnswer": "what a call was answered, sealed, for a day; it names nobody that can be read",
    }
