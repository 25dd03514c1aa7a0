"""The lists and pages of the admin that lead to owners' pages, put together from the rooms below."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.db.models.functions import Coalesce
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from onboarding_portal.accounts.admin import UserAdmin
from onboarding_portal.accounts.models import SentMail, User
from onboarding_portal.accounts.owner_search import as_id
from onboarding_portal.accounts.requests import user_of
from onboarding_portal.accounts.staff.model_admin import StaffChangeList, StaffModelAdmin
from onboarding_portal.accounts.staff.read_only import ReadOnly
from onboarding_portal.desk import moving, rights, views
from onboarding_portal.desk.filters import HandledFilter, NotReadyFilter, WhoseFilter
from onboarding_portal.ev_energy.ids import is_vehicle_id
from onboarding_portal.reconnects.staff.vehicle_admin import ReconnectingVehicleAdmin
from onboarding_portal.vehicles.admin_search_and_filters import CappedPaginator
from onboarding_portal.vehicles.models import ByHand, Note, Vehicle


def link_to(owner: User) -> str:
    return format_html('<a href="{}">{}</a>', views.page_of(owner), owner)


class UserChangeList(StaffChangeList):
    def url_for_result(self, result: Any) -> str:
        """What is found leads straight to all about an owner; staff have their form."""
        is_owner = not (result.is_staff or result.is_superuser)
        return views.page_of(result) if is_owner else super().url_for_result(result)


@admin.register(User)
class OwnersAdmin(UserAdmin):
    change_form_template = "admin/desk/user_change_form.html"
    paginator = CappedPaginator
    search_help_text = _("Any part of an e-mail address or a name, a vehicle id, or an ev.energy user id")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[User], search_term: str
    ) -> tuple[QuerySet[User], bool]:
        vehicle_id = as_id(search_term)
        if is_vehicle_id(vehicle_id):
            return queryset.filter(vehicles=vehicle_id), False
        return super().get_search_results(request, queryset, search_term)

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[StaffChangeList]:
        return UserChangeList

    def tell_old_address(self, request: HttpRequest, old: str, owner: User) -> None:
        moving.say_who_is_told(request, owner, old)

    def get_urls(self) -> list[URLPattern]:
        def page(route: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
            return path(f"<int:object_id>/{route}", view, name=f"accounts_user_{name}")

        return [
            page("owner/", views.owner, "owner"),
            page("note/", views.note, "note"),
            page("by-hand/", views.by_hand, "by_hand"),
            page("by-hand/end/", views.end_by_hand, "end_by_hand"),
            page("pause-mail/", views.pause, "pause_mail"),
            page("resume-mail/", views.resume, "resume_mail"),
            page("sign-out/", views.sign_out, "sign_out"),
            page("send-link/", views.send_link, "send_link"),
            page("change-address/", moving.change_address, "change_address"),
            page("merge/", moving.merge, "merge"),
            *super().get_urls(),
        ]


@admin.register(Vehicle)
class CarsAdmin(ReconnectingVehicleAdmin):
    list_display = [*ReconnectingVehicleAdmin.list_display, "not_ready_because", "smart_kwh"]
    list_filter = [*ReconnectingVehicleAdmin.list_filter, NotReadyFilter, HandledFilter]
    list_select_related = ["owner", "make", "model", "readiness"]
    sortable_by = [*(ReconnectingVehicleAdmin.sortable_by or ()), "smart_kwh"]
    change_form_template = "admin/desk/vehicle_change_form.html"

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(moving.hand_over)
        route = "<log_vehicle_id:vehicle_id>/hand-over/"
        return [path(route, view, name="vehicles_vehicle_hand_over"), *super().get_urls()]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        vehicle = self.get_object(request, object_id)
        context = {**(extra_context or {}), **(self._of_owner(request, vehicle) if vehicle else {})}
        return super().change_view(request, object_id, form_url, context)

    @admin.display(description=_("not ready, because"), empty_value="-")
    def not_ready_because(self, vehicle: Vehicle) -> str:
        """The first need that is missing to charge smartly."""
        readiness = getattr(vehicle, "readiness", None)
        return readiness.get_blocker_display() if readiness else ""

    # A car of which nothing is kept counts as none: databases differ in where they put what is missing.
    @admin.display(
        description=_("kWh charged smartly in 30 days"),
        ordering=Coalesce("readiness__smart_wh", 0),
        empty_value="-",
    )
    def smart_kwh(self, vehicle: Vehicle) -> str:
        """Of the days before its latest smart charge: of a car that is cut off, what is lost meanwhile."""
        readiness = getattr(vehicle, "readiness", None)
        if readiness is None or not readiness.smart_wh or readiness.kept_for != vehicle.owner_id:
            return ""
        return number_format(readiness.smart_wh / 1000, decimal_pos=1)

    def _of_owner(self, request: HttpRequest, vehicle: Vehicle) -> dict[str, Any]:
        """Notes and whoever handles the car, as on its owner's page."""
        handled = ByHand.objects.of_vehicle(vehicle=vehicle, owner=vehicle.owner_id)
        return {
            "car": vehicle,
            "owner": vehicle.owner,
            "may_see_owner": rights.may_look(request),
            "sections": {name: user_of(request).has_perm(right) for name, right in rights.SECTIONS.items()},
            "notes": Note.objects.on_car(vehicle)
            .order_by("-written_at")
            .select_related("vehicle__make", "vehicle__model")[:50],
            "handled": handled.select_related("vehicle").first(),
            "colleagues": User.objects.colleagues().order_by("name", "email"),
        }


@admin.register(ByHand)
class ByHandAdmin(ReadOnly, StaffModelAdmin[ByHand]):
    """The desk's own list of what waits for people: mine, nobody's, everybody's."""

    list_display = ["about", "colleague_name", "reason", "since", "ended_at"]
    list_display_links = None
    list_filter = [WhoseFilter]
    list_select_related = ["owner", "vehicle__make", "vehicle__model", "colleague"]
    ordering = ["-since", "pk"]
    show_full_result_count = False

    @admin.display(description=_("owner and car"))
    def about(self, row: ByHand) -> str:
        if row.vehicle is None:
            return link_to(row.owner)
        car = reverse("admin:vehicles_vehicle_change", args=[row.vehicle_id])
        return format_html('{}<br><a href="{}">{}</a>', link_to(row.owner), car, row.vehicle)


@admin.register(SentMail)
class SentMailAdmin(ReadOnly, StaffModelAdmin[SentMail]):
    list_display = ["at", "to_owner", "kind", "is_accepted", "answer"]
    list_display_links = None
    list_filter = ["is_accepted", "kind", "at"]
    list_select_related = ["owner"]
    ordering = ["-at", "pk"]
    show_full_result_count = False

    @admin.display(description=_("owner"), empty_value="-")
    def to_owner(self, mail: SentMail) -> str:
        return link_to(mail.owner) if mail.owner else ""
