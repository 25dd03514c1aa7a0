"""An attempt holds ids, as sent to ev.energy; people read names."""

from django.db.models import OuterRef, QuerySet, Subquery

from onboarding_portal.catalogue.models import Make, Model, Trim
from onboarding_portal.onboarding.models import Attempt


def with_names_of_picks(attempts: QuerySet[Attempt]) -> QuerySet[Attempt]:
    """Adds `make_name`, `model_name` and `trim_name`; None for what the catalogue does not have."""
    names = {
        f"{name}_name": Subquery(entries.filter(pk=OuterRef(f"{name}_id")).values("name")[:1])
        for name, entries in (
            ("make", Make.objects.all()),
            ("model", Model.objects.all()),
            ("trim", Trim.objects.all()),
        )
    }
    return attempts.annotate(**names)
