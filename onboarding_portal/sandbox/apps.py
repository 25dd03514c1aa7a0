from django.apps import AppConfig


class SandboxConfig(AppConfig):
    name = "onboarding_portal.sandbox"
    label = "sandbox"
