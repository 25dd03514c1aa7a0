"""Whatever is sent as the selection of a list: it does what it says to rows of that list, or nothing at all."""

from collections.abc import Callable

import pytest
from axes.models import AccessAttempt
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.db import models
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from onboarding_portal.accounts.models import Invitation
from onboarding_portal.reconnects.models import UnstableVehicle
from onboarding_portal.vehicles.models import MakeOutage
from tests.factories import make_make, make_staff
from tests.reconnects.rows import make_broken_car, make_emailed

pytestmark = pytest.mark.django_db

PASSWORD_BACKEND = "django.contrib.auth.backends.ModelBackend"
FORGED: dict[str, list[str]] = {
    "thirty digits": ["9" * 30],
    "below all numbers": ["-" + "9" * 30],
    "letters": ["abc"],
    "nothing": [""],
    "a quote": ["'; --"],
    "a very long word": ["a" * 5000],
    "a number with a point": ["1.5"],
    "another's id": ["vhcl00000000000000000000000000"],
    "an id of nothing": ["00000000-0000-0000-0000-000000000000"],
    "true": ["true"],
    "one that may be real, and one that is none": ["1", "abc"],
    "hundreds": [str(number) for number in range(10_000, 10_900)],
}


@pytest.fixture
def client_of_lead(client: Client) -> Client:
    staff = make_staff(is_superuser=True)
    client.force_login(staff, backend=PASSWORD_BACKEND)
    make_emailed(vehicle=make_broken_car())
    Invitation.objects.invite(email="new@example.com", invited_by=staff, now=timezone.now())
    AccessAttempt.objects.create(username="a", ip_address="192.0.2.1", failures_since_start=1)
    MakeOutage.objects.mark(
        make_id=make_make().pk, controller="", now=timezone.now(), is_staffs=True, set_by=staff
    )
    UnstableVehicle.objects.create(vehicle=make_broken_car(), repairs=3, flagged_at=timezone.now())
    client.user = staff  # type: ignore[attr-defined]  # a client takes what a test keeps with it
    return client


def lists() -> list[type[models.Model]]:
    return sorted(
        (model for model, each in admin.site._registry.items()), key=lambda model: model._meta.label
    )


@pytest.mark.parametrize("model", lists(), ids=lambda model: model._meta.label)
def test_forged_selection_changes_nothing_and_is_no_crash(
    client_of_lead: Client, rf: RequestFactory, model: type[models.Model], table_cell: Callable[..., None]
) -> None:
    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    request = rf.get(url)
    request.user = client_of_lead.user  # type: ignore[attr-defined]  # a client takes what a test keeps with it
    actions = admin.site.get_model_admin(model).get_actions(request)
    before = list(model._default_manager.order_by("pk").values())

    for action in actions:
        for name, values in FORGED.items():
            sent = {"action": action, ACTION_CHECKBOX_NAME: values, "confirmed": "yes", "post": "yes"}
            answer = client_of_lead.post(url, sent)

            assert answer.status_code in {200, 302}, (action, name)
            if name in {"letters", "nothing", "thirty digits"} and not isinstance(
                model._meta.pk, models.CharField | models.OneToOneField
            ):
                told = client_of_lead.get(answer["Location"]).content.decode()
                assert "What was selected could not be read" in told, (action, name)
        table_cell("Forged selections", row=model._meta.label, column=action, says="no change")
    assert list(model._default_manager.order_by("pk").values()) == before
    assert client_of_lead.post(url, {"action": "nope", ACTION_CHECKBOX_NAME: "9" * 30}).status_code in {
        200,
        302,
    }


def test_thousands_of_ids_are_refused_as_a_whole(client_of_lead: Client) -> None:
    sent = {"action": "clear_stale", ACTION_CHECKBOX_NAME: [f"vhcl{number}" for number in range(5000)]}

    assert client_of_lead.post("/admin/vehicles/vehicle/", sent).status_code in {400, 413}
