"""What a colleague on the phone needs beside the logs: words to read aloud, what to do, what others wrote."""

from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.http import HttpRequest

from onboarding_portal.accounts.requests import user_of
from onboarding_portal.vehicles.advice import words_for, words_in_outage
from onboarding_portal.vehicles.models import MakeOutage, Note, Vehicle

MOST_NOTES = 10
NOT_FOR_ONE = {"", "delete_selected"}


@dataclass(frozen=True, kw_only=True)
class Phone:
    """`words` are those on the owner's own page; `acts` pairs of an action of staff's list and its title."""

    words: str
    acts: list[tuple[str, str]]
    notes: list[Note]
    checkbox_name: str = ACTION_CHECKBOX_NAME


def phone_for(vehicle: Vehicle, request: HttpRequest) -> Phone:
    """What this colleague may see and do. Two queries at most."""
    may_read = user_of(request).has_perm("vehicles.view_note")
    notes = Note.objects.on_car(vehicle).order_by("-written_at")[:MOST_NOTES] if may_read else []
    return Phone(words=_words(vehicle), acts=_acts(request), notes=list(notes))


def _words(vehicle: Vehicle) -> str:
    if not vehicle.is_stale:
        return ""
    outage = MakeOutage.objects.of(make_id=vehicle.make_id, controller=vehicle.controller).first()
    return str(words_in_outage(vehicle) if outage else words_for(vehicle))


def _acts(request: HttpRequest) -> list[tuple[str, str]]:
    # Whatever rooms above have added to the list of vehicles; each asks before it acts.
    vehicles: Any = admin.site.get_model_admin(Vehicle)
    if not vehicles.has_view_permission(request):
        return []
    return [
        (name, str(title)) for name, title in vehicles.get_action_choices(request) if name not in NOT_FOR_ONE
    ]
