"""Reconnects one by one: the list, each with its history, and the acts on those that are open."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from onboarding_portal.accounts.staff.read_only import ReadOnly
from onboarding_portal.reconnects.models import Reconnect, ReconnectEvent
from onboarding_portal.reconnects.staff import list_filters
from onboarding_portal.reconnects.staff.acts_admin import ActsOnReconnects
from onboarding_portal.reconnects.staff.link_to_hand_out import link_to_hand_out, qr_code, shown_link
from onboarding_portal.reconnects.staff.permissions import StaffStyles, may_see, may_see_links
from onboarding_portal.vehicles.admin_search_and_filters import (
    SEARCH_HELP,
    CappedPaginator,
    MakeInUseFilter,
    search,
)


class HistoryInline(ReadOnly, admin.TabularInline[ReconnectEvent, Reconnect]):
    model = ReconnectEvent
    fields = ["at", "state", "by", "note"]
    ordering = ["at", "pk"]
    verbose_name_plural = _("history")

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReconnectEvent]:
        return super().get_queryset(request).select_related("by")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True  # whoever may see the reconnect may see how it came about


@admin.register(Reconnect)
class ReconnectAdmin(ReadOnly, StaffStyles, ActsOnReconnects):
    list_display = ["created_at", "state", "failure", "owner", "car", "vehicle_id", "origin", "requested_by"]
    list_filter = [
        list_filters.StuckFilter,
        "state",
        list_filters.ChannelFilter,
        list_filters.ReachedFilter,
        "origin",
        "failure",
        "waits_for",
        "created_at",
        ("vehicle__make", MakeInUseFilter),
        list_filters.CauseThenFilter,
    ]
    list_select_related = ["vehicle__owner", "vehicle__make", "vehicle__model", "requested_by"]
    list_per_page = 100
    list_max_show_all = 100
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = CappedPaginator
    sortable_by = ()
    ordering = ["-pk"]
    search_fields = ["vehicle_id"]
    search_help_text = SEARCH_HELP
    inlines = [HistoryInline]
    actions = ["send_again", "make_links_anew", "revoke_links", "cancel_reconnects"]
    readonly_fields = ["owner", "link_shown", "link_hidden"]

    @admin.display(description=_("owner"))
    def owner(self, reconnect: Reconnect) -> str:
        return reconnect.vehicle.owner.email

    @admin.display(description=_("car"))
    def car(self, reconnect: Reconnect) -> str:
        return reconnect.vehicle.name

    @admin.display(description=_("link"))
    def link_shown(self, reconnect: Reconnect) -> SafeString:
        return _link(reconnect, may_see=True)

    @admin.display(description=_("link"))
    def link_hidden(self, reconnect: Reconnect) -> SafeString:
        return _link(reconnect, may_see=False)

    def get_fieldsets(self, request: HttpRequest, obj: Reconnect | None = None) -> Any:
        link = "link_shown" if may_see_links(request) else "link_hidden"
        times = ["created_at", "link_made_at", "emailed_at", "opened_at", "redirected_at"]
        times += ["came_back_at", "came_back_with", "reconnected_at"]
        return [
            (None, {"fields": ["vehicle", "owner", "state", "origin", "requested_by", "batch", link]}),
            (_("Failure"), {"fields": ["failure", "failure_detail", "tries"]}),
            (_("Times"), {"fields": [*times, "lasting_until", "ended_at"]}),
            (_("Work"), {"fields": ["reminders_sent", "checks_done", "waits_for", "next_work_at"]}),
        ]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Reconnect], search_term: str
    ) -> tuple[QuerySet[Reconnect], bool]:
        return search(rows=queryset, term=search_term, owner="vehicle__owner"), False

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.qr)
        return [path("<int:reconnect_id>/qr.svg", view, name="reconnects_reconnect_qr"), *super().get_urls()]

    def qr(self, request: HttpRequest, reconnect_id: int) -> HttpResponse:
        """The link as a code to scan. A picture of its own, so that the secret is in the page only once.

        For those who may see links, and a page this one is on: the reconnect's or its batch's.
        """
        reconnect = Reconnect.objects.filter(pk=reconnect_id).first()
        if not may_see_links(request) or not may_see(reconnect, request):
            raise PermissionDenied
        if reconnect is None:
            raise Http404
        link = link_to_hand_out(reconnect, now=timezone.now())
        if not link:
            raise Http404
        return HttpResponse(qr_code(link), content_type="image/svg+xml")


def _link(reconnect: Reconnect, *, may_see: bool) -> SafeString:
    link = shown_link(reconnect, may_see=may_see, now=timezone.now())
    return render_to_string("admin/reconnects/_link.html", {"link": link, "is_open": True})
