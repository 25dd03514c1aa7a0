from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from onboarding_portal.accounts.staff.model_admin import StaffModelAdmin
from onboarding_portal.accounts.staff.read_only import ReadOnly
from onboarding_portal.onboarding.models import Attempt, Claim
from onboarding_portal.vehicles.admin_search_and_filters import SEARCH_HELP, search


class ClaimInline(ReadOnly, admin.TabularInline[Claim, Attempt]):
    model = Claim
    fields = ["vehicle_id", "state", "tries", "next_try_at"]


@admin.register(Attempt)
class AttemptAdmin(ReadOnly, StaffModelAdmin[Attempt]):
    list_display = [
        "started_at",
        "owner",
        "state",
        "make_id",
        "model_id",
        "trim_id",
        "returned_at",
        "ended_at",
    ]
    list_filter = ["state", "started_at"]
    list_select_related = ["owner"]
    search_fields = ["owner__email"]
    search_help_text = SEARCH_HELP
    ordering = ["-started_at"]
    show_full_result_count = False
    inlines = [ClaimInline]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Attempt], search_term: str
    ) -> tuple[QuerySet[Attempt], bool]:
        return search(rows=queryset, term=search_term, vehicle_id="claims__vehicle_id"), False
