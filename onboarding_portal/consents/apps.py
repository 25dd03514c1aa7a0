from django.apps import AppConfig


class ConsentsConfig(AppConfig):
    name = "onboarding_portal.consents"
    label = "consents"
