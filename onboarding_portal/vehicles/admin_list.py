"""Parts of staff's vehicle list that stay fast with a million rows: counting, filters, search."""

import re
from collections.abc import Iterable
from datetime import timedelta
from functools import cached_property
from typing import Any

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from onboarding_portal.accounts.models import normalize_email
from onboarding_portal.ev_energy.ids import is_user_id, is_vehicle_id
from onboarding_portal.vehicles.models import Vehicle

SILENT_DAYS = {
    "2": _("2 days or longer"),
    "7": _("a week or longer"),
    "30": _("30 days or longer"),
    "90": _("90 days or longer"),
}


class CappedPaginator(Paginator[Vehicle]):
    """Counts no further than anybody pages; `is_capped` says that there are more."""

    cap = 10_000

    @cached_property
    def count(self) -> int:
        return min(self._counted, self.cap)

    @property
    def is_capped(self) -> bool:
        return self._counted > self.cap

    @cached_property
    def _counted(self) -> int:
        rows: Any = self.object_list
        # In the order of the list: only then is the count, too, read from an index and ends after the cap.
        return int(rows[: self.cap + 1].count())


class YesNoFilter(admin.SimpleListFilter):
    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return [("yes", _("Yes")), ("no", _("No"))]


class StaleFilter(YesNoFilter):
    title = _("stale")
    parameter_name = "stale"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Vehicle]) -> QuerySet[Vehicle]:
        if self.value() == "yes":
            return queryset.filter(stale_since__isnull=False)
        # By the reason, which has an index; it is empty exactly where `stale_since` is.
        return queryset.filter(stale_reason="") if self.value() == "no" else queryset


class RemovedFilter(YesNoFilter):
    title = _("removed")
    parameter_name = "removed"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Vehicle]) -> QuerySet[Vehicle]:
        if self.value() is None:
            return queryset
        return queryset.filter(removed_at__isnull=self.value() == "no")


class SilentSinceFilter(admin.SimpleListFilter):
    """By the last data. The list is then ordered by it, too: see VehicleAdmin.get_ordering."""

    title = _("silent since")
    parameter_name = "silent"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return [*SILENT_DAYS.items(), ("never", _("never sent data"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Vehicle]) -> QuerySet[Vehicle]:
        value = self.value()
        if value == "never":
            return queryset.filter(last_status_at=None)
        if value in SILENT_DAYS:
            return queryset.filter(last_status_at__lt=timezone.now() - timedelta(days=int(value)))
        return queryset


def search(*, vehicles: QuerySet[Vehicle], term: str) -> QuerySet[Vehicle]:
    """Finds by a whole vehicle id, by the owner's whole id at ev.energy, else by how the owner's e-mail begins."""
    word = re.sub(r"[\x00\s]", "", term)
    if is_vehicle_id(word):
        return vehicles.filter(pk=word)
    if is_user_id(word):
        return vehicles.filter(owner__ev_energy_user_id=word)
    return vehicles.filter(owner__email__startswith=normalize_email(word)) if word else vehicles
