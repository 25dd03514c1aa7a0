from datetime import timedelta
from typing import Any

import pytest
from django.core import mail

from onboarding_portal.reconnects.background.lanes import Lane, run_slice
from onboarding_portal.reconnects.models import BatchKind, State, UnstableVehicle, flag_unstable
from onboarding_portal.reconnects.staff.batch_plan import plan_batch
from onboarding_portal.vehicles.models import NOT_STALE, Integration, Vehicle
from tests.factories import NOW, make_staff
from tests.reconnects.rows import make_broken_car, make_reconnect

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

WENT = {"redirected_at": NOW - timedelta(days=1)}


def repairs(vehicle: Vehicle, *kinds: tuple[State, dict[str, Any]]) -> None:
    for state, fields in kinds:
        make_reconnect(state, vehicle=vehicle, **{"next_work_at": None, **fields})


def test_three_repairs_that_did_not_hold_flag_the_vehicle() -> None:
    vehicle = make_broken_car()
    repairs(vehicle, (State.RECONNECTED, WENT), (State.EXPIRED, WENT), (State.RECONNECTED, {}))

    assert flag_unstable(now=NOW) == 1

    flag = UnstableVehicle.objects.flagged().get()
    assert (flag.vehicle, flag.repairs, flag.flagged_at) == (vehicle, 3, NOW)


@pytest.mark.parametrize(
    "third",
    [
        (State.EXPIRED, {}),
        (State.FAILED, WENT),
        (State.CANCELLED, WENT),
        (State.RECONNECTED, {**WENT, "ended_at": NOW - timedelta(days=14)}),
        (State.REDIRECTED, WENT),
    ],
    ids=["never went", "failed", "cancelled", "long ago", "still open"],
)
def test_what_was_no_repair_in_vain_does_not_count(third: tuple[State, dict[str, Any]]) -> None:
    repairs(make_broken_car(), (State.RECONNECTED, WENT), (State.EXPIRED, WENT), third)

    assert flag_unstable(now=NOW) == 0


def test_vehicle_that_works_now_is_not_flagged() -> None:
    repairs(make_broken_car(), *[(State.RECONNECTED, WENT)] * 3)
    Vehicle.objects.update(integration=Integration.ACTIVE, **NOT_STALE)

    assert flag_unstable(now=NOW) == 0


def test_repairs_of_different_vehicles_do_not_add_up() -> None:
    for _ in range(3):
        repairs(make_broken_car(), (State.RECONNECTED, WENT))

    assert flag_unstable(now=NOW) == 0


def test_flagged_vehicle_gets_no_e_mails_and_its_owner_keeps_the_button() -> None:
    vehicle = make_broken_car()
    repairs(vehicle, *[(State.RECONNECTED, WENT)] * 3)
    flag_unstable(now=NOW)

    by_mail = plan_batch(vehicles=Vehicle.objects.all(), kind=BatchKind.EMAILS, now=NOW)
    by_link = plan_batch(vehicles=Vehicle.objects.all(), kind=BatchKind.LINKS, now=NOW)

    assert (by_mail.eligible, by_mail.left_out) == (0, {"unstable": 1})
    assert (by_link.eligible, by_link.left_out) == (1, {})


def test_queued_mail_is_not_sent_to_a_vehicle_flagged_meanwhile() -> None:
    vehicle = make_broken_car()
    make_reconnect(vehicle=vehicle, wants_email=True)
    UnstableVehicle.objects.create(vehicle=vehicle, repairs=3, flagged_at=NOW)

    run_slice(Lane.MAILS)

    assert not mail.outbox
    assert vehicle.reconnects.get().state == State.CANCELLED


def test_flag_stays_until_staff_clear_it_and_old_repairs_no_longer_count() -> None:
    vehicle, staff = make_broken_car(), make_staff()
    repairs(vehicle, *[(State.RECONNECTED, WENT)] * 3)
    flag_unstable(now=NOW)
    assert flag_unstable(now=NOW + timedelta(days=30)) == 0

    assert UnstableVehicle.objects.filter(vehicle=vehicle).clear(by=staff, now=NOW) == 1

    assert flag_unstable(now=NOW) == 0
    later = {**WENT, "ended_at": NOW + timedelta(hours=1)}
    repairs(vehicle, *[(State.EXPIRED, later)] * 3)
    assert flag_unstable(now=NOW + timedelta(hours=2)) == 1
    assert UnstableVehicle.objects.get().cleared_at is None
