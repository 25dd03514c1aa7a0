"""Every model that leads to a person, or holds an address, is in one room's class of what is held about people."""

from collections import Counter

import pytest
from django.apps import apps
from django.db import models

from onboarding_portal.accounts.held import PersonalData, rooms
from onboarding_portal.accounts.models import User

ROOMS = {room.room: room for room in rooms()}
ADDRESSES = {"email", "address", "emailed_to", "username", "recipient"}


def ways_to_a_person(
    model: type[models.Model], seen: frozenset[type[models.Model]] = frozenset()
) -> list[str]:
    """By which columns a row leads to a user, directly or through other rows, or holds an address itself."""
    found = []
    for field in model._meta.concrete_fields:
        if isinstance(field, models.EmailField) or field.name in ADDRESSES:
            found.append(field.name)
        related = field.related_model if field.remote_field else None
        if related in {None, "self"} or related in seen:
            continue
        if issubclass(related, User):
            found.append(field.name)
        else:
            found += [f"{field.name}.{way}" for way in ways_to_a_person(related, seen | {model})]
    return found


def listed() -> Counter[str]:
    """How often each model is named: one model may be held in one way only."""
    labels: Counter[str] = Counter()
    for room in ROOMS.values():
        labels.update(each.label for each in room.held)
        labels.update(list(room.not_about_owners))
    return labels


@pytest.mark.parametrize(
    "model", apps.get_models(include_auto_created=True), ids=lambda model: model._meta.label
)
def test_a_model_that_leads_to_a_person_is_in_a_room(model: type[models.Model]) -> None:
    label, app = model._meta.label, model._meta.app_label
    ways = ways_to_a_person(model)
    room = app if app in ROOMS else "accounts"

    assert not ways or listed()[label], (
        f"{label} leads to a person by {', '.join(ways)}. If its rows are about an owner, add to `held` in "
        f"onboarding_portal/{room}/personal_data.py a Held(model=…, rows=lambda person: …, exported=[…]); if a room "
        f"has no such file, see another's, it is found by its name. If it names colleagues only, add a line with the "
        f"reason to `not_about_owners` there."
    )


def test_no_model_is_in_two_rooms_and_each_exists() -> None:
    assert {label: count for label, count in listed().items() if count > 1} == {}
    for label in listed():
        apps.get_model(label)


@pytest.mark.parametrize("room", ROOMS.values(), ids=lambda room: room.room)
def test_what_is_not_exported_has_a_reason_and_what_is_exists(room: PersonalData) -> None:
    for each in room.held:
        assert bool(each.exported) != bool(each.because), each.label
        each.model._default_manager.values(*each.exported)
    for text in (*room.mentions, *room.signed):
        for column in text.columns:
            text.model._meta.get_field(column)


def test_rooms_above_go_first() -> None:
    assert [room.height for room in rooms()] == sorted((room.height for room in ROOMS.values()), reverse=True)
