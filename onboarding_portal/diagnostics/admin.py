"""The log pages' place: below each vehicle in staff's list, behind the permission `vehicles.view_diagnostics`."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.contrib.auth.decorators import permission_required
from django.http import HttpResponse
from django.urls import URLPattern, path, register_converter

from onboarding_portal.diagnostics import views
from onboarding_portal.diagnostics.addresses import KindConverter, MomentConverter
from onboarding_portal.vehicles.converters import VehicleIdConverter

PERMISSION = "vehicles.view_diagnostics"

register_converter(VehicleIdConverter, "log_vehicle_id")
register_converter(KindConverter, "log_kind")
register_converter(MomentConverter, "log_moment")


class LogPagesAdmin(admin.ModelAdmin[Any]):
    """For the admin of vehicles to inherit from."""

    change_form_template = "admin/diagnostics/vehicle_change_form.html"

    def get_urls(self) -> list[URLPattern]:
        def page(route: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
            # Anonymous visitors and owners are sent to sign in as staff, staff without the permission get a 403.
            guarded = permission_required(PERMISSION, raise_exception=True)(view)
            return path(route, self.admin_site.admin_view(guarded), name=f"vehicles_{name}")

        of_vehicle = "<log_vehicle_id:vehicle_id>/"
        return [
            page("time-zone/", views.zone_chosen, "time_zone"),
            page(f"{of_vehicle}timeline/", views.timeline, "vehicle_timeline"),
            page(f"{of_vehicle}<log_kind:kind>/", views.log_list, "vehicle_logs"),
            page(f"{of_vehicle}<log_kind:kind>/<log_moment:at>/", views.log_entry, "vehicle_log_entry"),
            # Ahead of the vehicle's own addresses, which take anything for an id.
            *super().get_urls(),
        ]
