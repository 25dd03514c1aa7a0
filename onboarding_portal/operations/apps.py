from django.apps import AppConfig


class OperationsConfig(AppConfig):
    name = "onboarding_portal.operations"
    label = "operations"
