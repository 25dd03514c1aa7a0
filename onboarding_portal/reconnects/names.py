"""What cars are called where whoever reads it may not be the owner: make and model, and no more."""

from django.utils.translation import gettext

from onboarding_portal.catalogue import models as catalogue
from onboarding_portal.vehicles.models import Vehicle


def car_name(vehicle: Vehicle) -> str:
    """Make and model. ev.energy's own description is left out: owners put their names into it."""
    return catalogue.car_name(vehicle.make, vehicle.model) or gettext("car")
