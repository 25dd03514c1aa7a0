from onboarding_portal.api.events.models.delivery import Delivery, DeliveryQuerySet, DeliveryState
from onboarding_portal.api.events.models.endpoint import Endpoint, EndpointQuerySet
from onboarding_portal.api.events.models.event import LANES, TEST, Event, EventQuerySet
from onboarding_portal.api.events.models.heard import Heard
from onboarding_portal.api.events.models.lane import Lane, LaneQuerySet

__all__ = [
    "LANES",
    "TEST",
    "Delivery",
    "DeliveryQuerySet",
    "DeliveryState",
    "Endpoint",
    "EndpointQuerySet",
    "Event",
    "EventQuerySet",
    "Heard",
    "Lane",
    "LaneQuerySet",
]
