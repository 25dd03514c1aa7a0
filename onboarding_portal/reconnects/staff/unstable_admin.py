"""Vehicles whose repairs do not hold. Their owners get no more e-mails until staff have looked."""

from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from onboarding_portal.accounts.audit import Act, about, record
from onboarding_portal.accounts.requests import user_of
from onboarding_portal.accounts.staff.read_only import ReadOnly
from onboarding_portal.reconnects.models import UnstableVehicle, UnstableVehicleQuerySet
from onboarding_portal.reconnects.staff.permissions import PlainRefusals, StaffStyles


class NeedsStaffFilter(admin.SimpleListFilter):
    title = _("needs staff")
    parameter_name = "looked"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("no", _("Yes")), ("yes", _("No, staff have looked"))]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[UnstableVehicle]
    ) -> QuerySet[UnstableVehicle]:
        if self.value() is None:
            return queryset
        return queryset.filter(cleared_at__isnull=self.value() == "no")


@admin.register(UnstableVehicle)
class UnstableVehicleAdmin(ReadOnly, StaffStyles, PlainRefusals):
    list_display = ["vehicle_id", "owner", "car", "repairs", "flagged_at", "cleared_at", "cleared_by"]
    list_select_related = ["vehicle__owner", "vehicle__make", "vehicle__model", "cleared_by"]
    list_filter = [NeedsStaffFilter]
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    ordering = ["-flagged_at", "pk"]
    fields = ["vehicle", "owner", "repairs", "flagged_at", "cleared_at", "cleared_by"]
    readonly_fields = ["owner"]
    actions = ["clear_flag"]

    @admin.display(description=_("owner"))
    def owner(self, unstable: UnstableVehicle) -> str:
        return unstable.vehicle.owner.email

    @admin.display(description=_("car"))
    def car(self, unstable: UnstableVehicle) -> str:
        return unstable.vehicle.name

    def has_clear_permission(self, request: HttpRequest) -> bool:
        return user_of(request).has_perm("reconnects.change_unstablevehicle")

    @admin.action(description=_("Staff have looked: e-mails may go out again"), permissions=["clear"])
    def clear_flag(self, request: HttpRequest, queryset: UnstableVehicleQuerySet) -> None:
        """Asks for no confirmation: it sends nothing, and the rules flag a vehicle again if it is not better."""
        staff = user_of(request)
        with transaction.atomic():
            flagged = list(queryset.flagged().select_related("vehicle"))
            count = queryset.clear(by=staff, now=timezone.now())
            record(act=Act.UNSTABLE_CLEARED, actor=staff, about=about(*flagged))
            self.write_history(request, flagged, gettext("Staff have looked."))
        text = ngettext("Cleared %d vehicle.", "Cleared %d vehicles.", count)
        self.message_user(request, text % count, messages.SUCCESS)
