import math
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from onboarding_portal.vehicles.models import Cause, Integration, StaleReason, Vehicle
from onboarding_portal.vehicles.store import BelongsToAnotherOwner, store_page, store_vehicle
from tests.ev_energy_answers import make_json, model_json, trim_json
from tests.factories import (
    NOW,
    make_make,
    make_model,
    make_owner,
    make_stale_vehicle,
    make_trim,
    make_vehicle,
)
from tests.vehicles.resources import vehicle_resource

pytestmark = pytest.mark.django_db


def test_a_vehicle_is_stored_with_what_ev_energy_says() -> None:
    owner = make_owner()
    model = make_model("EX30", make=make_make("Volvo"))
    trim = make_trim(model=model)
    make_answer = make_json(id=model.make_id)
    answer = trim_json(id=trim.pk, model=model_json(id=model.pk, make=make_answer))
    sampled_at = NOW - timedelta(minutes=5)
    resource = vehicle_resource(
        owner=owner,
        trim=answer,
        description="My Volvo",
        sampled_at=sampled_at,
        status={"state_of_charge_percentage": 63, "is_charging": True},
    )

    vehicle = store_vehicle(resource=resource, owner=owner, now=NOW)

    vehicle.refresh_from_db()
    assert (vehicle.pk, vehicle.owner, vehicle.description) == (resource.vehicle_id, owner, "My Volvo")
    assert (vehicle.make, vehicle.model, vehicle.trim) == (model.make, model, trim)
    assert vehicle.integration == Integration.ACTIVE
    assert vehicle.last_status_at == sampled_at
    assert vehicle.state_of_charge_percentage == 63
    assert vehicle.is_charging is True
    assert vehicle.is_plugged_in is True
    assert vehicle.connected_at == vehicle.read_at == NOW


def test_a_car_the_catalogue_does_not_know_is_stored_by_its_description() -> None:
    owner = make_owner()
    resource = vehicle_resource(owner=owner, description="My Volvo C40")

    vehicle = store_vehicle(resource=resource, owner=owner, now=NOW)

    assert (vehicle.make, vehicle.model, vehicle.trim) == (None, None, None)
    assert vehicle.name == "My Volvo C40"


def test_storing_twice_makes_one_row_and_keeps_notes_and_first_sight() -> None:
    owner = make_owner()
    resource = vehicle_resource(owner=owner)
    store_vehicle(resource=resource, owner=owner, now=NOW)
    Vehicle.objects.update(staff_notes="Called on Monday.")

    store_vehicle(resource=resource, owner=owner, now=NOW + timedelta(hours=1))

    vehicle = Vehicle.objects.get()
    assert vehicle.staff_notes == "Called on Monday."
    assert vehicle.connected_at == NOW
    assert vehicle.read_at == NOW + timedelta(hours=1)


def test_a_vehicle_that_ev_energy_gives_to_another_user_is_refused() -> None:
    owner, other = make_owner(), make_owner()

    with pytest.raises(BelongsToAnotherOwner):
        store_vehicle(resource=vehicle_resource(owner=other), owner=owner, now=NOW)

    assert not Vehicle.objects.exists()


def test_an_owner_without_an_ev_energy_id_gets_no_vehicle() -> None:
    owner = make_owner(ev_energy_user_id=None)

    with pytest.raises(BelongsToAnotherOwner):
        store_vehicle(resource=vehicle_resource(), owner=owner, now=NOW)


@pytest.mark.parametrize("verify", [True, False])
def test_a_stored_vehicle_never_changes_hands_by_a_single_read(settings: Settings, *, verify: bool) -> None:
    settings.EV_ENERGY_VERIFY_OWNERSHIP = verify
    thief = make_owner()
    vehicle = make_vehicle()

    with pytest.raises(BelongsToAnotherOwner):
        store_vehicle(resource=vehicle_resource(id=vehicle.pk, owner=thief), owner=thief, now=NOW)

    owner_before = vehicle.owner
    vehicle.refresh_from_db()
    assert vehicle.owner == owner_before
    assert vehicle.description == ""


def test_without_verification_the_user_ev_energy_names_does_not_matter(settings: Settings) -> None:
    settings.EV_ENERGY_VERIFY_OWNERSHIP = False
    owner = make_owner()

    vehicle = store_vehicle(resource=vehicle_resource(), owner=owner, now=NOW)

    assert vehicle.owner == owner


@pytest.mark.parametrize("said", [True, False, None])
def test_whether_smart_charging_is_on_is_stored_as_ev_energy_says(said: bool | None) -> None:
    owner = make_owner()
    resource = vehicle_resource(owner=owner, smart_charging_enabled=said)

    vehicle = store_vehicle(resource=resource, owner=owner, now=NOW)
    by_read = vehicle.is_smart_charging_on
    Vehicle.objects.update(is_smart_charging_on=not said)
    store_page(resources=[resource], now=NOW + timedelta(minutes=1))

    vehicle.refresh_from_db()
    assert (by_read, vehicle.is_smart_charging_on) == (said, said)


def test_an_older_sample_does_not_replace_a_newer_one() -> None:
    owner = make_owner()
    vehicle = make_vehicle(owner=owner, last_status_at=NOW, state_of_charge_percentage=80)
    older = vehicle_resource(
        id=vehicle.pk,
        owner=owner,
        sampled_at=NOW - timedelta(hours=2),
        status={"state_of_charge_percentage": 20},
    )

    stored = store_vehicle(resource=older, owner=owner, now=NOW + timedelta(minutes=1))

    assert (stored.last_status_at, stored.state_of_charge_percentage) == (NOW, 80)


def test_a_read_that_was_begun_before_another_does_not_undo_it() -> None:
    owner = make_owner()
    vehicle = make_vehicle(owner=owner, integration=Integration.ACTIVE, read_at=NOW)
    outdated = vehicle_resource(id=vehicle.pk, owner=owner, integrated="INACTIVE")

    store_vehicle(resource=outdated, owner=owner, now=NOW - timedelta(seconds=1))
    store_page(resources=[outdated], now=NOW - timedelta(seconds=1))

    vehicle.refresh_from_db()
    assert vehicle.integration == Integration.ACTIVE


@pytest.mark.parametrize("percentage", [-5, 101, 40_000])
def test_an_impossible_charge_is_stored_as_unknown(percentage: int) -> None:
    owner = make_owner()
    resource = vehicle_resource(owner=owner, status={"state_of_charge_percentage": percentage})

    vehicle = store_vehicle(resource=resource, owner=owner, now=NOW)

    assert vehicle.state_of_charge_percentage is None
    assert vehicle.last_status_at is not None


def test_a_car_whose_clock_is_ahead_is_believed_only_up_to_when_its_sample_arrived() -> None:
    owner = make_owner()
    logged_at = "2026-03-14T09:00:00Z"
    resource = vehicle_resource(
        owner=owner, sampled_at=NOW + timedelta(days=300), status={"logged_at": logged_at}
    )

    vehicle = store_vehicle(resource=resource, owner=owner, now=NOW)

    assert vehicle.last_status_at == NOW - timedelta(minutes=30)


def test_a_sample_from_the_future_is_not_believed() -> None:
    owner = make_owner()
    resource = vehicle_resource(owner=owner, sampled_at=NOW + timedelta(days=300))

    vehicle = store_vehicle(resource=resource, owner=owner, now=NOW)

    assert vehicle.last_status_at is None


def test_a_sample_from_the_first_day_of_the_calendar_is_not_believed() -> None:
    owner = make_owner()
    resource = vehicle_resource(owner=owner, sampled_at=datetime(1, 1, 1, tzinfo=UTC))

    vehicle = store_vehicle(resource=resource, owner=owner, now=NOW)

    assert vehicle.last_status_at is None


def test_odd_text_is_made_storable() -> None:
    owner = make_owner()
    resource = vehicle_resource(owner=owner, description="\x00" + "V" * 300)

    vehicle = store_vehicle(resource=resource, owner=owner, now=NOW)

    vehicle.refresh_from_db()
    assert vehicle.description == "V" * 200


def test_a_removed_vehicle_that_is_read_again_is_back() -> None:
    owner = make_owner()
    vehicle = make_vehicle(owner=owner, removed_at=NOW)

    stored = store_vehicle(resource=vehicle_resource(id=vehicle.pk, owner=owner), owner=owner, now=NOW)

    assert stored.removed_at is None


def test_a_vehicle_read_as_disconnected_is_stale_at_once() -> None:
    owner = make_owner()
    resource = vehicle_resource(owner=owner, integrated="INACTIVE")

    vehicle = store_vehicle(resource=resource, owner=owner, now=NOW)

    assert (vehicle.stale_reason, vehicle.stale_since) == (StaleReason.CONNECTION_LOST, NOW)


def test_a_page_stores_new_and_known_vehicles_and_counts_strangers() -> None:
    owner = make_owner()
    known = make_vehicle(owner=owner)
    page = [
        vehicle_resource(owner=owner),
        vehicle_resource(id=known.pk, owner=owner, description="Renamed"),
        vehicle_resource(),
    ]

    stored = store_page(resources=page, now=NOW)

    known.refresh_from_db()
    assert known.description == "Renamed"
    assert Vehicle.objects.filter(owner=owner).count() == 2
    assert (stored.vehicle_count, stored.created_count, stored.unknown_owner_count) == (3, 1, 1)
    assert stored.owner_changed_count == 0


def test_the_same_vehicle_twice_on_a_page_is_stored_once() -> None:
    owner = make_owner()
    resource = vehicle_resource(owner=owner)

    stored = store_page(resources=[resource, resource], now=NOW)

    assert (stored.vehicle_count, Vehicle.objects.count()) == (1, 1)


def test_a_page_gives_a_sold_car_to_its_new_owner_without_the_old_owners_traces() -> None:
    former, present = make_owner(), make_owner()
    vehicle = make_stale_vehicle(
        owner=former, state_of_charge_percentage=44, cause=Cause.ACCESS_REVOKED, cause_detail="401"
    )
    resource = vehicle_resource(id=vehicle.pk, owner=present, sampled_at=None)

    stored = store_page(resources=[resource], now=NOW)

    vehicle.refresh_from_db()
    assert stored.owner_changed_count == 1
    assert vehicle.owner == present
    assert vehicle.connected_at == NOW
    assert (vehicle.last_status_at, vehicle.state_of_charge_percentage) == (None, None)
    assert (vehicle.stale_since, vehicle.stale_reason) == (None, "")
    assert (vehicle.cause, vehicle.cause_detail) == ("", "")


def test_a_page_hides_a_car_from_its_former_owner_when_the_new_one_is_unknown() -> None:
    vehicle = make_vehicle()

    stored = store_page(resources=[vehicle_resource(id=vehicle.pk)], now=NOW)

    vehicle.refresh_from_db()
    assert vehicle.removed_at == NOW
    assert stored.unknown_owner_count == 1
    assert not Vehicle.objects.of(vehicle.owner_id).exists()


def test_without_verification_a_page_moves_no_vehicle(settings: Settings) -> None:
    settings.EV_ENERGY_VERIFY_OWNERSHIP = False
    vehicle, other = make_vehicle(), make_owner()
    page = [vehicle_resource(id=vehicle.pk, owner=other), vehicle_resource(id=make_vehicle().pk)]

    stored = store_page(resources=page, now=NOW)

    owner_before = vehicle.owner
    vehicle.refresh_from_db()
    assert vehicle.owner == owner_before
    assert stored.owner_changed_count == 0
    assert Vehicle.objects.present().count() == 2


def test_the_queries_for_a_page_do_not_grow_with_its_vehicles() -> None:
    owners = [make_owner() for _ in range(5)]

    def queries_for(count: int) -> int:
        page = [vehicle_resource(owner=owners[number % 5]) for number in range(count)]
        with CaptureQueriesContext(connection) as queries:
            store_page(resources=page, now=NOW)  # inserts, then updates
            store_page(resources=page, now=NOW)  # updates
        return len(queries)

    # SQLite takes no more than 999 values in a statement, so that Django parts a full page of rows in three.
    fields = Vehicle._meta.concrete_fields
    statements = math.ceil(100 / connection.ops.bulk_batch_size(fields, list(range(100))))
    assert queries_for(100) == queries_for(2) + 3 * (statements - 1)
