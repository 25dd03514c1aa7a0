"""How a car's way to charging smartly shows on pages of other rooms. Django looks for tags here."""

from collections.abc import Iterable

from django import template

from onboarding_portal.readiness.need_words import ASKS, TOLD_TO_OWNER, Words
from onboarding_portal.readiness.needs import Need
from onboarding_portal.readiness.owner.car_panel import next_car
from onboarding_portal.readiness.owner.charge_words import units_kept
from onboarding_portal.vehicles.cards import Card

register = template.Library()
register.filter(units_kept)


@register.simple_tag
def car_to_make_ready(cards: Iterable[Card]) -> str:
    """The id of the first car whose owner can be asked something yet; "" where the company wants no more."""
    return next_car([card.vehicle for card in cards])


@register.filter
def asks(need: Need) -> Words:
    """What the link to the step says."""
    return ASKS[need]


@register.filter
def told_to_owner(need: Need) -> Words:
    return TOLD_TO_OWNER[need]


@register.filter
def address_of_step(need: Need) -> str:
    """The name of the step's page."""
    return f"readiness:{need.lower()}"
