"""A line above staff's lists that says how old what they show may be."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext

from onboarding_portal.lengths import exact
from onboarding_portal.vehicles.data_age import DataAge, data_age


class TellsDataAge(admin.ModelAdmin[Any]):
    change_list_template = "admin/vehicles/list_with_data_age.html"

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        age = data_age()
        context = {
            **(extra_context or {}),
            "data_age": in_words(age),
            "is_data_late": age.is_late(now=timezone.now()),
        }
        return super().changelist_view(request, context)


def in_words(age: DataAge) -> str:
    """How often cars are read, and when the last whole reading ended, in the reader's time zone."""
    if age.complete_at is None:
        return ngettext(
            "The first reading of all cars has not ended yet: %(count)d car read so far.",
            "The first reading of all cars has not ended yet: %(count)d cars read so far.",
            age.vehicles_read,
        ) % {"count": age.vehicles_read}
    return gettext("Data of all cars is read every %(every)s; the last complete reading ended %(ended)s.") % {
        "every": exact(age.every),
        "ended": date_format(timezone.localtime(age.complete_at), "DATETIME_FORMAT"),
    }
