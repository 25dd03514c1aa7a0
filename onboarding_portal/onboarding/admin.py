from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from onboarding_portal.accounts.staff.model_admin import StaffModelAdmin
from onboarding_portal.accounts.staff.read_only import ReadOnly
from onboarding_portal.catalogue.models import Make, Model, Trim
from onboarding_portal.onboarding.models import Attempt, Claim
from onboarding_portal.onboarding.picked import with_names_of_picks
from onboarding_portal.onboarding.reached import NO_MAKE, REACHED
from onboarding_portal.vehicles.admin_search_and_filters import SEARCH_HELP, search


class ReachedFilter(admin.SimpleListFilter):
    title = _("came as far as")
    parameter_name = "reached"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return [("left", _("Left for ev.energy")), ("back", _("Came back")), ("data", _("Data"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Attempt]) -> QuerySet[Attempt]:
        reached = REACHED.get(self.value() or "")
        return queryset if reached is None else queryset.filter(reached, user_due_at=None)


class PickedMakeFilter(admin.SimpleListFilter):
    """Only the make a link of staff's first page leads to: the whole catalogue would be too long to choose from."""

    title = _("make")
    parameter_name = "make"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        make_id = request.GET.get(self.parameter_name)
        if make_id == NO_MAKE:
            return [(NO_MAKE, _("Left to ev.energy"))]
        return list(Make.objects.filter(pk=make_id).values_list("pk", "name")) if make_id else []

    def queryset(self, request: HttpRequest, queryset: QuerySet[Attempt]) -> QuerySet[Attempt]:
        value = self.value()
        return queryset if value is None else queryset.filter(make_id="" if value == NO_MAKE else value)


class ClaimInline(ReadOnly, admin.TabularInline[Claim, Attempt]):
    model = Claim
    fields = ["vehicle_id", "state", "tries", "next_try_at"]


@admin.register(Attempt)
class AttemptAdmin(ReadOnly, StaffModelAdmin[Attempt]):
    list_display = [
        "started_at",
        "owner",
        "state",
        "picked_make",
        "picked_model",
        "picked_trim",
        "returned_at",
        "ended_at",
    ]
    list_filter = ["state", "started_at", ReachedFilter, PickedMakeFilter]
    list_select_related = ["owner"]
    search_fields = ["owner__email"]
    search_help_text = SEARCH_HELP
    ordering = ["-started_at"]
    show_full_result_count = False
    inlines = [ClaimInline]
    fields = [
        "id",
        "owner",
        "state",
        "picked_make",
        "picked_model",
        "picked_trim",
        "started_at",
        "returned_at",
        "ended_at",
    ]
    readonly_fields = ["id", "picked_make", "picked_model", "picked_trim"]

    # An attempt holds ids, as sent to ev.energy; what the catalogue no longer has is shown as it is.

    @admin.display(description=Make._meta.verbose_name, empty_value="-")
    def picked_make(self, attempt: Any) -> str:
        return str(attempt.make_name or attempt.make_id)

    @admin.display(description=Model._meta.verbose_name, empty_value="-")
    def picked_model(self, attempt: Any) -> str:
        return str(attempt.model_name or attempt.model_id)

    @admin.display(description=Trim._meta.verbose_name, empty_value="-")
    def picked_trim(self, attempt: Any) -> str:
        return str(attempt.trim_name or attempt.trim_id)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Attempt]:
        return with_names_of_picks(super().get_queryset(request))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Attempt], search_term: str
    ) -> tuple[QuerySet[Attempt], bool]:
        return search(rows=queryset, term=search_term, vehicle_id="claims__vehicle_id"), False
