from django.apps import AppConfig


class VehiclesConfig(AppConfig):
    name = "onboarding_portal.vehicles"
    label = "vehicles"
