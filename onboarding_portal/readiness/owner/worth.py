"""What a car that is cut off was worth: told to its owner in the e-mails that ask to reconnect it."""

from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _

from onboarding_portal.readiness.models import Readiness
from onboarding_portal.readiness.owner.charge_words import units_kept
from onboarding_portal.vehicles.models import Vehicle

LEAST_KWH = 1


def worth_in_words(vehicle: Vehicle) -> str:
    """Of the 30 days before the car was found stale. "" for less than 1 kWh, or what was another owner's.

    One query. What is kept are 30 days at most, so it is never the sum of more of them.
    """
    if vehicle.stale_since is None:
        return ""
    readiness = Readiness.objects.filter(pk=vehicle.pk, kept_for=vehicle.owner_id).first()
    if readiness is None:
        return ""
    kwh = readiness.kwh_of_30_days(today=timezone.localdate(vehicle.stale_since))
    if kwh < LEAST_KWH:
        return ""
    text = _("In the 30 days before its data stopped, it charged %(kwh)s kWh smartly.")
    return units_kept(text % {"kwh": number_format(round(kwh))})
