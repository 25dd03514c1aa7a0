from django.apps import AppConfig
from django.utils.module_loading import import_string


class InsightsConfig(AppConfig):
    name = "onboarding_portal.insights"
    label = "insights"

    def ready(self) -> None:
        # By its path: it has rows, which cannot be loaded before the apps are.
        import_string("onboarding_portal.insights.first_page.hook_in")()
