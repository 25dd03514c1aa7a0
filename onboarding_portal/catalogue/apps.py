from django.apps import AppConfig


class CatalogueConfig(AppConfig):
    name = "onboarding_portal.catalogue"
    label = "catalogue"

    def ready(self) -> None:
        # Here, because models can be imported only now.
        from onboarding_portal.accounts.invitations.makes import KnownMakes, put_in
        from onboarding_portal.catalogue.models import Make

        put_in(
            KnownMakes(ids=Make.objects.ids_by_name, exists=Make.objects.has, name_of=Make.objects.name_of)
        )
