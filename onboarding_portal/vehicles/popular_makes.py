"""How many cars of each make are here, so that owners find theirs among the first."""

from django.db.models import Count

from onboarding_portal.catalogue.models import Make
from onboarding_portal.vehicles.models import Vehicle


def count_popular_makes() -> None:
    """The clock's job: one query over the cars, and one that writes what has changed."""
    rows = Vehicle.objects.present().exclude(make=None).order_by().values_list("make")
    counts = dict(rows.annotate(cars=Count("pk")))
    changed = []
    for make in Make.objects.only("cars_count"):
        count = counts.get(make.pk, 0)
        if make.cars_count != count:
            make.cars_count = count
            changed.append(make)
    Make.objects.bulk_update(changed, ["cars_count"])
