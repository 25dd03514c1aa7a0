"""What people outside the code rely on: addresses, commands, models, states, the admin's actions."""

import uuid
from datetime import timedelta

import pytest
from django.apps import apps
from django.contrib import admin
from django.core.management import get_commands
from django.db import IntegrityError, transaction
from django.test import Client, RequestFactory
from django.urls import resolve

from onboarding_portal.accounts.models import User
from onboarding_portal.catalogue.models import Make, Model, Trim
from onboarding_portal.catalogue.search import search
from onboarding_portal.onboarding.models import Attempt, AttemptState
from onboarding_portal.reconnects.models import OPEN_STATES, Batch, Reconnect, State
from onboarding_portal.vehicles.models import Integration, StaleReason, Vehicle
from tests.factories import NOW, make_id, make_owner, make_vehicle
from tests.urlconf import SAMPLES

PAGES = {
    "/": "home",
    "/accounts/login/": "account_login",
    "/connect/": "onboarding:makes",
    "/connect/{make_id}/": "onboarding:make",
    "/connect/{make_id}/{model_id}/": "onboarding:model",
    "/connect/start/": "onboarding:start",
    "/connect/return/{attempt_id}/": "onboarding:return",
    "/vehicles/": "vehicles:list",
    "/vehicles/{vehicle_id}/": "vehicles:detail",
    "/vehicles/{vehicle_id}/reconnect/": "reconnects:start",
    "/reconnect/{token}/": "reconnects:lasting",
    "/invite/{token}/": "invitation",
    "/admin/": "admin:index",
    "/admin/vehicles/vehicle/": "admin:vehicles_vehicle_changelist",
}
LABELS = ["accounts", "catalogue", "vehicles", "consents", "onboarding", "reconnects", "operations"]
COMMANDS = [
    *("demo", "sync_catalogue", "sync_vehicles", "vehicle_logs"),
    *("db_worker", "clock", "purge", "check_ev_energy"),
]
ACTIONS = {
    *("request_reconnect_links", "email_reconnect_links"),
    *("mark_stale", "clear_stale", "refresh_from_ev_energy"),
}


@pytest.mark.parametrize(("path", "name"), PAGES.items())
def test_page_stays_where_bookmarks_and_emails_point(path: str, name: str) -> None:
    assert resolve(path.format(**SAMPLES)).view_name == name


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
@pytest.mark.django_db
def test_platform_is_told_how_the_process_is(path: str) -> None:
    assert Client().get(path).content == b"ok\n"


@pytest.mark.parametrize("command", COMMANDS)
def test_command_exists(command: str) -> None:
    assert command in get_commands()


@pytest.mark.parametrize("label", LABELS)
def test_app_has_its_rooms_name(label: str) -> None:
    assert apps.get_app_config(label).name == f"onboarding_portal.{label}"


@pytest.mark.django_db
def test_staff_find_the_actions_on_vehicles() -> None:
    request = RequestFactory().get("/admin/vehicles/vehicle/")
    request.user = User.objects.create_superuser(email="staff@example.com", password="correct horse")

    assert admin.site.get_model_admin(Vehicle).get_actions(request).keys() >= ACTIONS


@pytest.mark.django_db
def test_user_is_made_by_address_alone_and_has_no_password() -> None:
    user = User.objects.create_user(email="Anna@Example.com")

    assert (user.email, user.ev_energy_user_id) == ("anna@example.com", None)
    assert not user.has_usable_password()


@pytest.mark.django_db
def test_superuser_is_made_by_address_and_password() -> None:
    user = User.objects.create_superuser(email="staff@example.com", password="correct horse")

    assert user.is_staff
    assert user.is_superuser
    assert user.check_password("correct horse")


@pytest.mark.django_db
def test_car_put_into_the_catalogue_by_hand_is_found() -> None:
    make = Make.objects.create(make_id=make_id("vmak"), name="Škoda")
    model = Model.objects.create(model_id=make_id("vmod"), make=make, name="Enyaq")
    trim = Trim.objects.create(trim_id=make_id("trim"), model=model, name="Coupé RS")

    assert [hit.make for hit in search("skoda").hits] == [make]
    assert [hit.model for hit in search("enyaq").hits] == [model]
    assert [hit.trim for hit in search("skoda enyaq rs").hits] == [trim]


@pytest.mark.django_db
def test_renamed_car_is_found_by_its_new_name() -> None:
    make = Make.objects.create(make_id=make_id("vmak"), name="Citroen")

    make.name = "Citroën DS"
    make.save(update_fields=["name"])

    assert [hit.make for hit in search("ds").hits] == [make]


@pytest.mark.django_db
def test_vehicle_is_made_of_what_is_promised() -> None:
    fine = Vehicle.objects.create(
        vehicle_id=make_id("vhcl"),
        owner=make_owner(),
        integration=Integration.ACTIVE,
        last_status_at=NOW,
        stale_since=None,
        stale_reason="",
    )
    stale = Vehicle.objects.create(
        vehicle_id=make_id("vhcl"),
        owner=make_owner(),
        integration=Integration.INACTIVE,
        last_status_at=None,
        stale_since=NOW,
        stale_reason=StaleReason.CONNECTION_LOST,
    )

    assert not fine.is_stale
    assert list(Vehicle.objects.stale()) == [stale]


@pytest.mark.django_db
def test_attempt_is_made_of_what_is_promised() -> None:
    attempt = Attempt.objects.create(owner=make_owner())

    assert isinstance(attempt.id, uuid.UUID)
    assert attempt.state == AttemptState.STARTED


@pytest.mark.django_db
def test_reconnect_is_made_of_what_is_promised_and_one_at_a_time() -> None:
    vehicle = make_vehicle()
    in_an_hour = NOW + timedelta(hours=1)
    url = "https://connect.ev.energy/reconnect/abc"
    Reconnect.objects.create(vehicle=vehicle, state=State.LINK_READY, url=url, expires_at=in_an_hour)

    with pytest.raises(IntegrityError), transaction.atomic():
        Reconnect.objects.create(vehicle=vehicle, state=State.QUEUED)

    assert Reconnect.objects.open().get().url == url


@pytest.mark.django_db
def test_batch_counts_its_reconnects() -> None:
    batch = Batch.objects.create(kind="LINKS")
    reconnect = Reconnect.objects.create(vehicle=make_vehicle(), batch=batch)

    assert list(batch.reconnects.all()) == [reconnect]


def test_states_keep_their_names() -> None:
    assert set(Integration) == {"ACTIVE", "INACTIVE", "UNINTEGRATED"}
    assert set(StaleReason) == {"CONNECTION_LOST", "SILENT", "MARKED_BY_STAFF"}
    assert set(AttemptState) == {"STARTED", "RETURNED", "CONNECTED", "CANCELLED", "REFUSED", "ABANDONED"}
    assert set(OPEN_STATES) == {"QUEUED", "LINK_READY", "EMAILED", "OPENED", "REDIRECTED"}
    assert set(State) - OPEN_STATES == {"RECONNECTED", "FAILED", "EXPIRED", "CANCELLED"}
