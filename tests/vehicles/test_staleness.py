import itertools
from datetime import timedelta
from typing import Any

import pytest
from pytest_django import Settings

from onboarding_portal.vehicles import staleness
from onboarding_portal.vehicles.models import Cause, Integration, StaleReason, Vehicle
from tests.factories import NOW, make_owner, make_stale_vehicle, make_vehicle

pytestmark = pytest.mark.django_db

LONG_AGO = NOW - timedelta(hours=49)


def applied(vehicle: Vehicle) -> Vehicle:
    staleness.apply_to_all(now=NOW)
    vehicle.refresh_from_db()
    return vehicle


def test_a_disconnected_vehicle_has_lost_its_connection() -> None:
    vehicle = applied(make_vehicle(integration=Integration.INACTIVE))

    assert (vehicle.stale_reason, vehicle.stale_since) == (StaleReason.CONNECTION_LOST, NOW)
    assert vehicle.cause_due_at == NOW


def test_a_connected_vehicle_without_data_for_two_days_is_silent() -> None:
    assert applied(make_vehicle(last_status_at=LONG_AGO)).stale_reason == StaleReason.SILENT


def test_a_connected_vehicle_with_data_within_two_days_is_not_stale() -> None:
    assert applied(make_vehicle(last_status_at=NOW - timedelta(hours=47))).stale_reason == ""


def test_a_vehicle_that_never_sent_data_is_silent_two_days_after_it_was_connected() -> None:
    old = make_vehicle(last_status_at=None, connected_at=LONG_AGO)
    new = make_vehicle(last_status_at=None, connected_at=NOW - timedelta(hours=1))

    assert applied(old).stale_reason == StaleReason.SILENT
    assert applied(new).stale_reason == ""


def test_how_long_a_vehicle_may_be_silent_is_a_setting(settings: Settings) -> None:
    settings.EV_ENERGY_STALE_AFTER_HOURS = 24 * 30

    assert applied(make_vehicle(last_status_at=LONG_AGO)).stale_reason == ""


def test_vehicles_are_not_silent_because_the_portal_could_not_read_them() -> None:
    """ev.energy could not be read for three days: nobody knows whether the cars sent data."""
    unread = make_vehicle(last_status_at=NOW - timedelta(days=3), read_at=NOW - timedelta(days=3))

    assert applied(unread).stale_reason == ""


@pytest.mark.parametrize("reason", [StaleReason.CONNECTION_LOST, StaleReason.SILENT])
def test_data_newer_than_the_finding_brings_a_connected_vehicle_back(reason: StaleReason) -> None:
    vehicle = make_stale_vehicle(
        reason,
        integration=Integration.ACTIVE,
        last_status_at=NOW - timedelta(hours=1),
        cause=Cause.SIGN_IN_EXPIRED,
        cause_detail="401",
        cause_read_at=NOW,
    )

    applied(vehicle)

    assert (vehicle.stale_since, vehicle.stale_reason) == (None, "")
    assert (vehicle.cause, vehicle.cause_detail, vehicle.cause_read_at) == ("", "", None)
    assert vehicle.cause_due_at is None


def test_being_connected_again_is_not_enough_without_new_data() -> None:
    vehicle = make_stale_vehicle(integration=Integration.ACTIVE, last_status_at=NOW - timedelta(hours=30))

    assert applied(vehicle).stale_reason == StaleReason.CONNECTION_LOST


def test_new_data_is_not_enough_while_disconnected() -> None:
    vehicle = make_stale_vehicle(last_status_at=NOW - timedelta(hours=1))

    assert applied(vehicle).stale_reason == StaleReason.CONNECTION_LOST


def test_a_silent_vehicle_that_is_cut_off_stays_stale_since_it_fell_silent() -> None:
    vehicle = make_stale_vehicle(StaleReason.SILENT, integration=Integration.INACTIVE, cause=Cause.UNKNOWN)
    since = vehicle.stale_since

    applied(vehicle)

    assert (vehicle.stale_reason, vehicle.stale_since) == (StaleReason.CONNECTION_LOST, since)
    assert (vehicle.cause, vehicle.cause_due_at) == ("", NOW)


def test_the_mark_of_staff_stays_whatever_data_comes() -> None:
    vehicle = make_stale_vehicle(StaleReason.MARKED_BY_STAFF, last_status_at=NOW - timedelta(minutes=1))

    assert applied(vehicle).stale_reason == StaleReason.MARKED_BY_STAFF


@pytest.mark.parametrize("reason", StaleReason.values)
@pytest.mark.parametrize(
    "fields",
    [{"removed_at": NOW}, {"is_disabled": True}, {"integration": Integration.UNINTEGRATED}],
    ids=["removed", "disabled", "unintegrated"],
)
def test_what_cannot_send_data_is_never_stale(reason: str, fields: dict[str, Any]) -> None:
    vehicle = make_stale_vehicle(StaleReason(reason), **fields)

    assert applied(vehicle).stale_since is None


def test_applying_twice_changes_nothing_more() -> None:
    make_vehicle(integration=Integration.INACTIVE)
    make_vehicle(last_status_at=LONG_AGO)
    staleness.apply_to_all(now=NOW)

    again = staleness.apply_to_all(now=NOW + timedelta(minutes=15))

    assert again == staleness.Applied(cleared=0, connection_lost=0, silent=0)


def test_the_rules_are_applied_to_one_vehicle_alone() -> None:
    owner = make_owner()
    one, other = (make_vehicle(owner=owner, integration=Integration.INACTIVE) for _ in range(2))

    assert staleness.apply_to(vehicle=one, now=NOW)

    other.refresh_from_db()
    assert (one.stale_reason, one.stale_since) == (StaleReason.CONNECTION_LOST, NOW)
    assert other.stale_reason == ""
    assert not staleness.apply_to(vehicle=one, now=NOW + timedelta(hours=1))


@pytest.mark.parametrize("integration", Integration)
@pytest.mark.parametrize("reason", ["", *StaleReason])
def test_a_vehicle_and_the_queries_agree_on_what_can_and_what_must_be_repaired(
    integration: Integration, reason: str
) -> None:
    stale = {"stale_reason": reason, "stale_since": NOW if reason else None}
    for is_disabled, removed_at in itertools.product([False, True], [None, NOW]):
        vehicle = make_vehicle(
            integration=integration, is_disabled=is_disabled, removed_at=removed_at, **stale
        )
        row = Vehicle.objects.filter(pk=vehicle.pk)
        assert vehicle.is_connectable == row.connectable().exists()
        assert vehicle.needs_repair == row.needing_repair().exists()


def test_a_mark_set_meanwhile_is_not_overwritten() -> None:
    vehicle = make_stale_vehicle(integration=Integration.ACTIVE, last_status_at=NOW - timedelta(hours=1))
    Vehicle.objects.update(stale_reason=StaleReason.MARKED_BY_STAFF)

    changed = staleness.apply_to(vehicle=vehicle, now=NOW)

    assert not changed
    assert vehicle.stale_reason == StaleReason.MARKED_BY_STAFF


def test_staff_mark_a_working_vehicle() -> None:
    vehicle = make_vehicle()

    assert vehicle.mark_stale(now=NOW)
    assert (vehicle.stale_reason, vehicle.stale_since) == (StaleReason.MARKED_BY_STAFF, NOW)
    assert not vehicle.mark_stale(now=NOW + timedelta(hours=1))


def test_a_mark_on_a_stale_vehicle_keeps_since_when() -> None:
    vehicle = make_stale_vehicle()
    since = vehicle.stale_since

    assert vehicle.mark_stale(now=NOW)
    assert (vehicle.stale_reason, vehicle.stale_since) == (StaleReason.MARKED_BY_STAFF, since)


def test_staff_cannot_mark_what_cannot_be_stale() -> None:
    vehicle = make_vehicle(is_disabled=True)

    assert not vehicle.mark_stale(now=NOW)
    assert vehicle.stale_since is None


def test_staff_clear_any_reason() -> None:
    for reason in StaleReason:
        vehicle = make_stale_vehicle(reason, cause=Cause.UNKNOWN)

        assert vehicle.clear_stale(now=NOW)
        assert (vehicle.stale_since, vehicle.stale_reason, vehicle.cause) == (None, "", "")
        assert not vehicle.clear_stale(now=NOW)
