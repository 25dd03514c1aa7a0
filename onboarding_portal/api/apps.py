from django.apps import AppConfig
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _


class ApiConfig(AppConfig):
    name = "onboarding_portal.api"
    label = "api"
    verbose_name = _("For the company’s systems")

    def ready(self) -> None:
        # By their paths: they have rows, which cannot be loaded before the apps are.
        import_string("onboarding_portal.api.hand_over.hooks.hook_in")()
