from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    name = "onboarding_portal.catalogue"
    label = "catalogue"
