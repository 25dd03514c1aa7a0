from django.apps import AppConfig
from django.utils.module_loading import import_string

from onboarding_portal.vehicles.car_page import panels


class ReadinessConfig(AppConfig):
    name = "onboarding_portal.readiness"
    label = "readiness"

    def ready(self) -> None:
        # By its path: it has rows, which cannot be loaded before the apps are.
        panel = import_string("onboarding_portal.readiness.owner.car_panel.panel")
        panels.add(20, "readiness/_car.html", panel)
