"""What `reconnects` holds about a person: each repair of a car of theirs, its steps and the links in e-mails."""

from django.db.models import Q

from onboarding_portal.accounts.held import Held, Mention, PersonalData
from onboarding_portal.reconnects.models import (
    AheadMail,
    HelperLink,
    LastingLink,
    PolicyChoice,
    Reconnect,
    ReconnectEvent,
    UnstableVehicle,
)


class ReconnectsPersonalData(PersonalData):
    room = "reconnects"
    height = 21
    held = (
        Held(
            model=ReconnectEvent,
            rows=lambda person: ReconnectEvent.objects.filter(reconnect__vehicle__owner=person.user_id),
            exported=["at", "reconnect_id", "state", "note"],
        ),
        Held(
            model=LastingLink,
            rows=lambda person: LastingLink.objects.filter(
                Q(owner=person.user_id) | Q(reconnect__vehicle__owner=person.user_id)
            ),
            exported=["created_at", "reconnect_id"],
        ),
        Held(
            model=HelperLink,
            rows=lambda person: HelperLink.objects.filter(Q(owner=person.user_id) | Q(email=person.email)),
            exported=["created_at", "email", "expires_at", "opened_at", "used_at", "ended_at"],
        ),
        Held(
            model=UnstableVehicle,
            rows=lambda person: UnstableVehicle.objects.filter(vehicle__owner=person.user_id),
            exported=["vehicle_id", "repairs", "flagged_at", "cleared_at"],
        ),
        Held(
            model=PolicyChoice,
            rows=lambda person: PolicyChoice.objects.filter(vehicle__owner=person.user_id),
            exported=["chosen_at", "vehicle_id", "stale_since", "asking", "arm", "mail_from", "back_at"],
        ),
        Held(
            model=AheadMail,
            rows=lambda person: AheadMail.objects.filter(vehicle__owner=person.user_id),
            exported=["chosen_at", "vehicle_id", "sent_at", "cancelled_at"],
        ),
        Held(
            model=Reconnect,
            rows=lambda person: Reconnect.objects.filter(
                Q(vehicle__owner=person.user_id) | Q(emailed_to=person.email)
            ),
            exported=[
                *("created_at", "id", "vehicle_id", "state", "origin", "emailed_to", "emailed_at"),
                *("opened_at", "redirected_at", "came_back_at", "came_back_with", "reconnected_at"),
                *("failure", "reminders_sent", "ended_at"),
            ],
        ),
    )
    mentions = (
        Mention(model=ReconnectEvent, columns=["note"]),
        Mention(model=Reconnect, columns=["failure_detail"]),
    )
    not_about_owners = {
        "reconnects.Batch": "names the colleagues who asked for it and cancelled it",
        "reconnects.Policy": "names the colleague who switched it",
        "reconnects.PolicyVersion": "names the colleague who wrote it",
    }
