"""How a reconnect shows on the owner's pages of vehicles, whose templates load this."""

from collections.abc import Iterable

from django import template
from django.utils import timezone

from onboarding_portal.reconnects.progress import Progress, on_the_way, progress_of
from onboarding_portal.vehicles.cards import Card
from onboarding_portal.vehicles.models import Vehicle

register = template.Library()


@register.simple_tag
def reconnect_progress(vehicle: Vehicle) -> Progress | None:
    """What is known of the vehicle's latest reconnect; None where it is long past."""
    return progress_of(vehicle=vehicle, now=timezone.now())


@register.simple_tag
def reconnects_on_the_way(cards: Iterable[Card]) -> set[str]:
    """The ids of those that need attention and whose owner was sent off to give it."""
    return on_the_way(vehicle_ids=[card.vehicle.pk for card in cards if card.needs_attention])
