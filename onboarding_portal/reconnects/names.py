"""What cars are called where whoever reads it may not be the owner: make and model, and no more."""

from django.utils.translation import gettext

from onboarding_portal.vehicles.models import Vehicle


def car_name(vehicle: Vehicle) -> str:
    """Make and model. ev.energy's own description is left out: owners put their names into it."""
    return " ".join(str(part) for part in (vehicle.make, vehicle.model) if part) or gettext("car")


def make_name(vehicle: Vehicle) -> str:
    """Whom the owner signs in with."""
    return vehicle.make.name if vehicle.make else gettext("your car\u2019s manufacturer")
