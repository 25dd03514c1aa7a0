from django.apps import AppConfig


class ReconnectsConfig(AppConfig):
    name = "onboarding_portal.reconnects"
    label = "reconnects"
