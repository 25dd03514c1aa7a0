from django.apps import AppConfig


class DiagnosticsConfig(AppConfig):
    name = "onboarding_portal.diagnostics"
    label = "diagnostics"
