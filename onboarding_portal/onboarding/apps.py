from django.apps import AppConfig


class OnboardingConfig(AppConfig):
    name = "onboarding_portal.onboarding"
    label = "onboarding"

    def ready(self) -> None:
        from onboarding_portal.diagnostics.portal_events import add_source
        from onboarding_portal.onboarding.time_line import returns_with

        add_source(returns_with)
