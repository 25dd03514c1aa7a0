from django.apps import AppConfig


class ConsentsConfig(AppConfig):
    name = "onboarding_portal.consents"
    label = "consents"

    def ready(self) -> None:
        # Here, because models can be imported only now.
        from onboarding_portal.accounts.own_place import panels
        from onboarding_portal.consents.panel import TEMPLATE, context

        panels.add(30, TEMPLATE, context)
