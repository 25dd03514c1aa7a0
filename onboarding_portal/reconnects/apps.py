from importlib import import_module

from django.apps import AppConfig


class ReconnectsConfig(AppConfig):
    name = "onboarding_portal.reconnects"
    label = "reconnects"

    def ready(self) -> None:
        import_module("onboarding_portal.reconnects.owner.car_let_go")  # listens
        import_module("onboarding_portal.reconnects.helper.panel").hook_in()
        import_module("onboarding_portal.reconnects.owner.history").hook_in()
