from onboarding_portal.api.models.api_key import ApiKey, ApiKeyQuerySet, Scope
from onboarding_portal.api.models.hand_over import HandOver, HandOverQuerySet, Journey, Outcome
from onboarding_portal.api.models.stored_answer import StoredAnswer, StoredAnswerQuerySet

__all__ = [
    "ApiKey",
    "ApiKeyQuerySet",
    "HandOver",
    "HandOverQuerySet",
    "Journey",
    "Outcome",
    "Scope",
    "StoredAnswer",
    "StoredAnswerQuerySet",
]
