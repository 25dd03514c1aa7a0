from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EventsConfig(AppConfig):
    name = "onboarding_portal.api.events"
    label = "events"
    verbose_name = _("Events for the company’s systems")

    def ready(self) -> None:
        from onboarding_portal import news
        from onboarding_portal.api import webhooks
        from onboarding_portal.api.events.bodies import whole_bodies
        from onboarding_portal.api.events.outbox import Outbox, tell_of_session
        from onboarding_portal.api.hand_over.outcome import outcome_changed

        news.listen(Outbox())
        outcome_changed.connect(tell_of_session, dispatch_uid="events")
        for kind, model in whole_bodies().items():
            webhooks.add(name=kind, model=model, summary=(model.__doc__ or "").strip())
