"""Staff's first page: the panels of all rooms above the admin's own list, and each table as CSV."""

from datetime import timedelta
from typing import Any, cast

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone

from onboarding_portal.accounts.requests import user_of
from onboarding_portal.accounts.staff.site import StaffAdminSite
from onboarding_portal.insights import panels
from onboarding_portal.insights.period import CHOICES, days_asked
from onboarding_portal.insights.policy_panel import policy_panel
from onboarding_portal.insights.sections import SECTIONS, Section
from onboarding_portal.insights.summary import Figures
from onboarding_portal.insights.table_as_csv import csv_of

# The clock counts every five minutes. Numbers older than this say so.
OLD_AFTER = timedelta(minutes=15)
# Who may not see cars sees no number at all.
CARS = "vehicles.view_vehicle"


def hook_in() -> None:
    """Called when the apps are ready."""
    site = cast("StaffAdminSite", admin.site)
    site.set_first_page("admin/insights/first_page.html", first_page)
    site.add_page("insights/<slug:table>.csv", table_as_csv, name="insights_csv")
    for section in SECTIONS:
        panels.add(section.order, section.template, section_panel(section))
    panels.add(25, "admin/insights/_policy.html", policy_panel)


def first_page(request: HttpRequest) -> dict[str, Any]:
    """What the admin's index gets beside its own."""
    figures = Figures.of(request)
    counted_at = figures.counted_at
    return {
        "panels": panels.rendered(request),
        "period": figures.period,
        "choices": CHOICES,
        "is_period_known": days_asked(request) is not None,
        "status": None if days_asked(request) else 400,
        "sees_numbers": user_of(request).has_perm(CARS),
        "counted_at": counted_at,
        "is_old": counted_at is not None and counted_at < timezone.now() - OLD_AFTER,
    }


def section_panel(section: Section) -> panels.Context:
    def context(request: HttpRequest) -> dict[str, Any] | None:
        figures = Figures.of(request)
        if not figures.is_counted or not may_see(request, section):
            return None
        tables = {table.name.replace("-", "_"): table for table in section.tables(figures)}
        return {"tables": tables, "trends": section.trends(figures), "period": figures.period}

    return context


def may_see(request: HttpRequest, section: Section) -> bool:
    user = user_of(request)
    return user.has_perm(CARS) and user.has_perm(section.right)


def table_as_csv(request: HttpRequest, table: str) -> HttpResponse:
    """One table of the first page, for the same period and the same people."""
    section = next((each for each in SECTIONS if table.startswith(each.prefixes)), None)
    if section is None or not may_see(request, section):
        raise PermissionDenied
    if days_asked(request) is None:
        return HttpResponse(status=400)
    figures = Figures.of(request)
    if not figures.is_counted:
        raise Http404
    all_tables = [*section.tables(figures), *(numbers for _chart, numbers in section.trends(figures))]
    found = next((each for each in all_tables if each.name == table), None)
    if found is None:
        raise Http404
    return csv_of(found, days=figures.period.days, day=figures.period.today)
