from django.apps import AppConfig


class OnboardingConfig(AppConfig):
    name = "onboarding_portal.onboarding"
    label = "onboarding"
