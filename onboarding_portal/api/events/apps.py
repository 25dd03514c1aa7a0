from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EventsConfig(AppConfig):
    name = "onboarding_portal.api.events"
    label = "events"
    verbose_name = _("Events for the company’s systems")

    def ready(self) -> None:
        from onboarding_portal import news  # noqa: PLC0415  models can be imported from here on
        from onboarding_portal.api.events.outbox import Outbox  # noqa: PLC0415  as above

        news.listen(Outbox())
