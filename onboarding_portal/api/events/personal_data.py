"""What `events` holds about a person: that something happened to them or their cars, by ids, for thirty days."""

from onboarding_portal.accounts.held import Held, PersonalData
from onboarding_portal.api.events.models import Event


class EventsPersonalData(PersonalData):
    room = "events"
    height = 50
    held = (
        Held(
            model=Event,
            # That they were erased is still told to the company's systems, which have to do the same.
            rows=lambda person: Event.objects.about_owner(person.user_id).exclude(kind="owner.erased"),
            exported=["at", "kind", "vehicle_id"],
        ),
    )
