"""How a reconnect shows on the vehicle's page, which knows nothing of reconnects itself."""

from django import template
from django.utils import timezone

from onboarding_portal.reconnects.progress import Progress, progress_of
from onboarding_portal.vehicles.models import Vehicle

register = template.Library()


@register.inclusion_tag("reconnects/_progress.html")
def reconnect_progress(vehicle: Vehicle) -> dict[str, Progress | None]:
    """What is known of the vehicle's latest reconnect; nothing where it is long past."""
    return {"progress": progress_of(vehicle=vehicle, now=timezone.now())}


@register.inclusion_tag("reconnects/_refresh.html")
def reconnect_refresh(vehicle: Vehicle) -> dict[str, Progress | None]:
    """For the page's head: has it refresh itself while news may come within minutes."""
    return {"progress": progress_of(vehicle=vehicle, now=timezone.now())}
