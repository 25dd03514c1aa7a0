"""How a reconnect shows on the vehicle's page, which knows nothing of reconnects itself."""

from django import template
from django.utils import timezone

from onboarding_portal.reconnects.progress import Progress, progress_of
from onboarding_portal.vehicles.models import Vehicle

register = template.Library()


@register.simple_tag
def reconnect_progress(vehicle: Vehicle) -> Progress | None:
    """What is known of the vehicle's latest reconnect; None where it is long past."""
    return progress_of(vehicle=vehicle, now=timezone.now())
