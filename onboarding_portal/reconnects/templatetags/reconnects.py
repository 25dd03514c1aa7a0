"""How a reconnect shows on the pages of vehicles. Django looks for tags here; `owner/progress.py` has the rest."""

from collections.abc import Iterable

from django import template
from django.utils import timezone

from onboarding_portal.reconnects.owner.ahead import told_ahead
from onboarding_portal.reconnects.owner.progress import Progress, UnderWay, progress_of, under_way
from onboarding_portal.vehicles.cards import Card
from onboarding_portal.vehicles.models import Vehicle

register = template.Library()


@register.simple_tag
def reconnect_progress(vehicle: Vehicle) -> Progress | None:
    """What is known of the vehicle's latest reconnect; None where it is long past."""
    return progress_of(vehicle=vehicle, now=timezone.now())


@register.simple_tag
def reconnects_under_way(cards: Iterable[Card]) -> UnderWay:
    """The ids of those that need attention and whose owner was sent off to give it, or could not be."""
    vehicles = [card.vehicle for card in cards if card.needs_attention]
    return under_way(vehicles=vehicles, now=timezone.now())


@register.simple_tag
def connections_told_ahead(cards: Iterable[Card]) -> dict[str, str]:
    """What to say ahead of connections that are older than most get, by vehicle id."""
    vehicles = [card.vehicle for card in cards]
    return {pk: ahead.words for pk, ahead in told_ahead(vehicles, now=timezone.now()).items()}


@register.filter
def of_car(words: dict[str, str], vehicle: Vehicle) -> str:
    """What a dictionary by vehicle ids has for this car, else ""."""
    return words.get(vehicle.pk, "")
