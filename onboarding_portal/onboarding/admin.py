from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from onboarding_portal.accounts.models import normalize_email
from onboarding_portal.ev_energy.ids import is_vehicle_id
from onboarding_portal.onboarding.models import Attempt, Claim


class ReadOnly:
    """Journeys are history: staff read them."""

    def has_add_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return False


class ClaimInline(ReadOnly, admin.TabularInline[Claim, Attempt]):
    model = Claim
    fields = ["vehicle_id", "state", "tries", "next_try_at"]


@admin.register(Attempt)
class AttemptAdmin(ReadOnly, admin.ModelAdmin[Attempt]):
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
    search_help_text = _("The beginning of an e-mail address, or a whole vehicle id")
    ordering = ["-started_at"]
    show_full_result_count = False
    inlines = [ClaimInline]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Attempt], search_term: str
    ) -> tuple[QuerySet[Attempt], bool]:
        """Both searches run on indexes, however many attempts there are."""
        term = search_term.strip()
        if is_vehicle_id(term):
            return queryset.filter(pk__in=Claim.objects.filter(vehicle_id=term).values("attempt")), False
        if term:
            return queryset.filter(owner__email__startswith=normalize_email(term)), False
        return queryset, False
