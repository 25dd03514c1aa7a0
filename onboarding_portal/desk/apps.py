from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "onboarding_portal.desk"
    label = "desk"
