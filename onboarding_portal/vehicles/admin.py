"""Staff's view of vehicles. ev.energy is their source: staff change marks, nothing else."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import helpers
from django.db.models import QuerySet
from django.db.models.expressions import Combinable
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from onboarding_portal.accounts.requests import user_of
from onboarding_portal.accounts.staff.model_admin import StaffModelAdmin
from onboarding_portal.accounts.staff.read_only import NeitherAddedNorDeleted
from onboarding_portal.vehicles import admin_search_and_filters as listing
from onboarding_portal.vehicles.advice import advice_for, words_for, words_in_outage
from onboarding_portal.vehicles.data_age_admin import TellsDataAge
from onboarding_portal.vehicles.models import MakeOutage, Vehicle
from onboarding_portal.vehicles.outage_admin import MakeOutageAdmin
from onboarding_portal.vehicles.staff_acts import Act, carry_out, preview
from onboarding_portal.vehicles.sync_run_admin import SyncRunAdmin

__all__ = ["MakeOutageAdmin", "SyncRunAdmin", "VehicleAdmin"]

TITLES = {
    Act.MARK_STALE: _("Mark as broken: offer a reconnect (stale)"),
    Act.CLEAR_STALE: _("Take the mark away: offer no reconnect (stale)"),
    Act.REFRESH: _("Read again from ev.energy"),
}


class VehicleAdmin(TellsDataAge, NeitherAddedNorDeleted, StaffModelAdmin[Any]):
    """What this room knows of staff's list. The highest room that adds to it registers it, once."""

    list_display = [
        *("owner", "car", "integration", "is_enabled", "is_smart_charging_on"),
        *("stale_reason", "cause", "last_status_at", "vehicle_id"),
    ]
    list_display_links = ["owner", "vehicle_id"]
    list_select_related = ["owner", "make", "model"]
    list_filter = [
        "integration",
        "is_disabled",
        "is_smart_charging_on",
        listing.StaleFilter,
        listing.StaleForFilter,
        "stale_reason",
        "cause",
        listing.SilentSinceFilter,
        listing.OutageFilter,
        ("make", listing.MakeInUseFilter),
        listing.RemovedFilter,
    ]
    list_per_page = 100
    list_max_show_all = 100
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    sortable_by = ["vehicle_id", "last_status_at"]
    paginator = listing.CappedPaginator
    search_fields = ["vehicle_id"]
    search_help_text = listing.SEARCH_HELP
    actions = ["mark_stale", "clear_stale", "refresh_from_ev_energy"]
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "vehicle_id",
                    "owner",
                    "make",
                    "model",
                    "trim",
                    "description",
                    "nickname",
                ]
            },
        ),
        (
            _("Connection"),
            {
                "fields": [
                    *("integration", "is_disabled", "is_smart_charging_on", "last_status_at"),
                    *("state_of_charge_percentage", "is_plugged_in", "is_charging"),
                    *("leaving", "leaving_asked_at"),
                ]
            },
        ),
        (
            _("Stale"),
            {
                "fields": [
                    *("stale_since", "stale_reason", "cause", "what_it_means", "trouble"),
                    *("does_signing_in_help", "what_the_owner_reads"),
                    *("cause_detail", "cause_read_at", "controller"),
                ]
            },
        ),
        (_("Times"), {"fields": ["connected_at", "read_at", "refresh_due_at", "removed_at"]}),
    ]

    @admin.display(description=_("car"))
    def car(self, vehicle: Vehicle) -> str:
        return vehicle.name

    @admin.display(description=_("switched on"), boolean=True)
    def is_enabled(self, vehicle: Vehicle) -> bool:
        # The column says what is well with a tick, like the one for smart charging beside it.
        return not vehicle.is_disabled

    @admin.display(description=_("what it means"), empty_value="-")
    def what_it_means(self, vehicle: Vehicle) -> str:
        return str(advice_for(vehicle).staff) if vehicle.is_stale else ""

    @admin.display(description=_("does signing in help"), empty_value="-")
    def does_signing_in_help(self, vehicle: Vehicle) -> str:
        return str(advice_for(vehicle).signing_in.label) if vehicle.is_stale else ""

    @admin.display(description=_("what the owner reads"), empty_value="-")
    def what_the_owner_reads(self, vehicle: Vehicle) -> str:
        if not vehicle.is_stale:
            return ""
        return str(words_in_outage(vehicle) if self._outage_of(vehicle) else words_for(vehicle))

    def _outage_of(self, vehicle: Vehicle) -> MakeOutage | None:
        return MakeOutage.objects.of(make_id=vehicle.make_id, controller=vehicle.controller).first()

    @admin.display(description=_("trouble at the manufacturer"), empty_value="-")
    def trouble(self, vehicle: Vehicle) -> str:
        outage = self._outage_of(vehicle)
        if outage is None:
            return ""
        return gettext(
            "Since %(moment)s, %(broken)d of %(cars)d cars. E-mails to owners wait until it is over."
        ) % {
            "moment": date_format(timezone.localtime(outage.began_at), "DATETIME_FORMAT"),
            "broken": outage.broken_count,
            "cars": outage.car_count,
        }

    def get_ordering(self, request: HttpRequest) -> list[str | Combinable]:
        # The longest silent first is what staff look for, and the index that finds them has them in that order.
        by_silence = request.GET.get("silent") in listing.SILENT_DAYS
        return ["last_status_at", "vehicle_id"] if by_silence else ["-vehicle_id"]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return listing.search(rows=queryset, term=search_term), False

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """What was written before notes were dated and signed is shown where there is some."""
        has_old_notes = obj is not None and obj.staff_notes
        early = (_("Notes from before"), {"fields": ["staff_notes"]})
        return [*super().get_fieldsets(request, obj), *([early] if has_old_notes else [])]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # The right is for the actions; a car's own page has nothing to change.
        return obj is None and super().has_change_permission(request)

    @admin.action(description=TITLES[Act.MARK_STALE], permissions=["change"])
    def mark_stale(self, request: HttpRequest, queryset: QuerySet[Vehicle]) -> HttpResponse | None:
        return self._carry_out(Act.MARK_STALE, request, queryset)

    @admin.action(description=TITLES[Act.CLEAR_STALE], permissions=["change"])
    def clear_stale(self, request: HttpRequest, queryset: QuerySet[Vehicle]) -> HttpResponse | None:
        return self._carry_out(Act.CLEAR_STALE, request, queryset)

    @admin.action(description=TITLES[Act.REFRESH], permissions=["change"])
    def refresh_from_ev_energy(
        self, request: HttpRequest, queryset: QuerySet[Vehicle]
    ) -> HttpResponse | None:
        return self._carry_out(Act.REFRESH, request, queryset)

    def _carry_out(self, act: Act, request: HttpRequest, queryset: QuerySet[Vehicle]) -> HttpResponse | None:
        now = timezone.now()
        if request.POST.get("confirmed") == "yes":
            why = request.POST.get("why", "")
            count = carry_out(act=act, vehicles=queryset, by=user_of(request), now=now, why=why)
            done = ngettext("Changed %(count)d vehicle.", "Changed %(count)d vehicles.", count)
            if act is Act.REFRESH:
                done = ngettext(
                    "%(count)d vehicle is read again in the background.",
                    "%(count)d vehicles are read again in the background.",
                    count,
                )
            self.message_user(request, done % {"count": count}, messages.SUCCESS)
            return None
        context = {
            **self.admin_site.each_context(request),
            "title": TITLES[act],
            "opts": self.opts,
            "act": act,
            "preview": preview(act=act, vehicles=queryset, now=now),
            "checkbox_name": helpers.ACTION_CHECKBOX_NAME,
            "selected": request.POST.getlist(helpers.ACTION_CHECKBOX_NAME),
            "select_across": request.POST.get("select_across", "0"),
        }
        return render(request, "admin/vehicles/vehicle/confirm.html", context)
