"""Parts of staff's lists that stay fast with a million rows: counting, filters, search."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from functools import cached_property
from typing import Any, TypeVar

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import Exists, Model, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from onboarding_portal.accounts.owner_search import as_id, rows_of_owners_matching
from onboarding_portal.ev_energy.ids import is_vehicle_id
from onboarding_portal.vehicles.models import MakeOutage, Vehicle
from onboarding_portal.vehicles.stale_age import StaleAge

Row = TypeVar("Row", bound=Model)

SEARCH_HELP = _("A vehicle id, or any part of the owner's e-mail address or name.")

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


class StaleForFilter(admin.SimpleListFilter):
    """By how long ago the car was found stale. Read from the index of stale cars."""

    title = _("stale for")
    parameter_name = "stale_for"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return StaleAge.choices

    def queryset(self, request: HttpRequest, queryset: QuerySet[Vehicle]) -> QuerySet[Vehicle]:
        value = self.value()
        if value is None or value not in StaleAge.values:
            return queryset
        return queryset.filter(StaleAge(value).condition(now=timezone.now()))


class RemovedFilter(YesNoFilter):
    title = _("removed")
    parameter_name = "removed"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Vehicle]) -> QuerySet[Vehicle]:
        if self.value() is None:
            return queryset
        return queryset.filter(removed_at__isnull=self.value() == "no")


class OutageFilter(admin.SimpleListFilter):
    """By one mark at a time, so that one index has the rows in order."""

    title = _("trouble at the manufacturer")
    parameter_name = "trouble"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        self.marks = {str(mark.pk): mark for mark in MakeOutage.objects.ongoing().select_related("make")}
        return [(pk, str(mark)) for pk, mark in self.marks.items()]

    def has_output(self) -> bool:
        return True

    def queryset(self, request: HttpRequest, queryset: QuerySet[Vehicle]) -> QuerySet[Vehicle]:
        mark = self.marks.get(self.value() or "")
        if mark is None:
            return queryset
        return queryset.filter(
            **({"make": mark.make_id} if mark.make_id else {"controller": mark.controller})
        )


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


class MakeInUseFilter(admin.RelatedFieldListFilter):
    """By the makes that rows of the list have, as links or, where they are many, in a box to choose and type in."""

    template = "admin/filter_of_many.html"
    most_links = 8

    def __init__(self, field: Any, request: HttpRequest, params: Any, *rest: Any, **more: Any) -> None:
        name = f"{more.get('field_path', field.name)}__{field.target_field.name}__exact"
        if params.get(name) == [""]:  # the box says "all"
            del params[name]
        super().__init__(field, request, params, *rest, **more)

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        in_use = field.model._default_manager.filter(**{field.name: OuterRef("pk")})
        makes = field.related_model._default_manager.filter(Exists(in_use)).order_by("name")
        return [(make.pk, str(make)) for make in makes]

    def has_output(self) -> bool:
        return True

    def choices(self, changelist: Any) -> Iterator[Any]:
        self.is_long = len(self.lookup_choices) > self.most_links
        own = self.expected_parameters()
        self.others = [pair for pair in changelist.params.items() if pair[0] not in own]
        values = ["", *(value for value, _title in self.lookup_choices)]
        for place, choice in enumerate(super().choices(changelist)):
            # After the makes comes "none", which is asked for by another name.
            yield {**choice, "value": values[place]} if place < len(values) else {**choice, "is_none": True}


def search(
    *, rows: QuerySet[Row], term: str, vehicle_id: str = "vehicle_id", owner: str = "owner"
) -> QuerySet[Row]:
    """Finds by a vehicle id, by the owner's id at ev.energy, else by any part of the owner's e-mail or name.

    `vehicle_id` and `owner` are the look-ups that lead there from the rows. Each search runs on an index.
    """
    vehicle = as_id(term)
    if is_vehicle_id(vehicle):
        return rows.filter(**{vehicle_id: vehicle})
    return rows.filter(rows_of_owners_matching(term, owner=owner)) if term.strip("\x00 ") else rows
