"""Staff at work in the admin: people with just these rights, and the steps they take."""

from collections.abc import Iterable
from typing import Any

from django.contrib.auth.models import Permission
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from onboarding_portal.reconnects.models import Batch, BatchKind, Reconnect, State
from onboarding_portal.vehicles.models import Vehicle
from tests.factories import NOW, make_staff
from tests.html_forms import forms_on
from tests.reconnects.rows import make_broken_car, make_reconnect

LIST = reverse("admin:vehicles_vehicle_changelist")
LOOK = ["view_vehicle", "view_reconnect", "view_batch", "view_unstablevehicle"]


def staff_with(*codenames: str) -> Client:
    """A signed-in member of staff with these rights and no others."""
    staff = make_staff()
    staff.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    assert staff.user_permissions.count() == len(set(codenames))
    client = Client()
    client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    return client


def user_id_of(client: Client) -> int:
    return int(client.session["_auth_user_id"])


def choose(
    client: Client, action: str, vehicles: Iterable[Vehicle], *, query: str = "", **fields: Any
) -> HttpResponse:
    """Ticks the vehicles, picks the action and presses Go."""
    ticked = [vehicle.pk for vehicle in vehicles]
    return client.post(
        f"{LIST}{query}",
        {"action": action, "_selected_action": ticked, "index": "0", "select_across": "0", **fields},
    )


def confirm(client: Client, page: HttpResponse) -> HttpResponse:
    """Presses the button of the page that asks."""
    return forms_on(page)[0].submit(client)


def make_batch(*states: State, kind: BatchKind = BatchKind.LINKS, **fields: Any) -> Batch:
    """A batch with a reconnect in each of the states."""
    batch = Batch.objects.create(kind=kind, created_at=NOW)
    for state in states:
        make_reconnect(state, batch=batch, **fields)
    return batch


def make_ready(**fields: Any) -> Reconnect:
    return make_reconnect(
        State.LINK_READY, vehicle=fields.pop("vehicle", None) or make_broken_car(), **fields
    )


def page_of(batch: Batch, name: str = "change") -> str:
    return reverse(f"admin:reconnects_batch_{name}", args=[batch.pk])
