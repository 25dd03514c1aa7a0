from importlib import import_module
from typing import TYPE_CHECKING, cast

from django.apps import AppConfig
from django.contrib import admin
from django.utils.module_loading import import_string

from onboarding_portal.vehicles.car_page import panels

if TYPE_CHECKING:
    from onboarding_portal.accounts.staff.site import StaffAdminSite


class ReadinessConfig(AppConfig):
    name = "onboarding_portal.readiness"
    label = "readiness"

    def ready(self) -> None:
        # By its path: it has rows, which cannot be loaded before the apps are.
        panel = import_string("onboarding_portal.readiness.owner.car_panel.panel")
        panels.add(20, "readiness/_car.html", panel)
        beside = import_module("onboarding_portal.reconnects.mailed.beside")
        beside.add(import_string("onboarding_portal.readiness.owner.worth.worth_in_words"))
        site = cast("StaffAdminSite", admin.site)
        why = import_string("onboarding_portal.readiness.staff.views.why")
        site.add_page("vehicles/vehicle/<str:vehicle_id>/why/", why, name="vehicles_vehicle_why")
