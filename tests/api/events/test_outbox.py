"""Each change tells its event in its own transaction, one car or ten thousand, and only if anybody wants to know."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from onboarding_portal.accounts.erasing import THEMSELVES, erase
from onboarding_portal.api.events.bodies import KINDS
from onboarding_portal.api.events.models import Delivery, Event
from onboarding_portal.api.hand_over.outcome import outcome_changed
from onboarding_portal.api.models import HandOver, Outcome
from onboarding_portal.api.webhooks import all_webhooks
from onboarding_portal.desk.handing_over import hand_over
from onboarding_portal.desk.merging import merge
from onboarding_portal.ev_energy import resources
from onboarding_portal.reconnects.background.watch import finish, note_return, send_off
from onboarding_portal.reconnects.models import BatchKind, CameBack, Reconnect, State, move_all
from onboarding_portal.reconnects.owner.leaving import open_reconnect
from onboarding_portal.reconnects.staff.batches import create_batch
from onboarding_portal.vehicles import staleness
from onboarding_portal.vehicles.causes import Cause
from onboarding_portal.vehicles.models import Integration, MakeOutage, StaleReason, Vehicle
from onboarding_portal.vehicles.store import store_page, store_vehicle
from tests.api.events.rows import an_endpoint, told
from tests.api.rows import make_hand_over
from tests.factories import NOW, make_id, make_make, make_owner, make_staff, make_vehicle

pytestmark = pytest.mark.django_db

HOUR = timedelta(hours=1)


def car_of(owner: Any, vehicle_id: str) -> resources.Vehicle:
    return resources.Vehicle.model_validate(
        {"id": vehicle_id, "user": owner.ev_energy_user_id, "integrated": "ACTIVE", "disabled": False}
    )


def test_without_an_endpoint_nothing_is_written() -> None:
    make_vehicle(integration=Integration.INACTIVE)
    staleness.apply_to_all(now=NOW)
    assert not Event.objects.exists()


def test_a_car_turns_stale_its_cause_is_found_and_it_recovers() -> None:
    an_endpoint()
    car = make_vehicle(integration=Integration.INACTIVE)

    staleness.apply_to_all(now=NOW)
    staleness.apply_to_all(now=NOW)  # nothing new
    Vehicle.objects.filter(pk=car.pk).update(cause=Cause.SIGN_IN_EXPIRED)
    Vehicle.objects.filter(pk=car.pk).update(cause=Cause.SIGN_IN_EXPIRED)
    Vehicle.objects.filter(pk=car.pk).update(
        integration=Integration.ACTIVE, last_status_at=NOW + HOUR, read_at=NOW + HOUR
    )
    staleness.apply_to_all(now=NOW + HOUR)

    assert told() == ["vehicle.stale", "vehicle.stale", "vehicle.recovered"]
    first, second, last = Event.objects.order_by("pk")
    assert (first.data["reason"], first.data["cause"]) == ("CONNECTION_LOST", None)
    assert (second.data["cause"], second.data["signing_in_helps"]) == ("SIGN_IN_EXPIRED", "yes")
    assert last.data["how"] == "data"
    assert {event.subject for event in (first, second, last)} == {car.pk}
    assert first.data["owner_id"] == str(car.owner_id)


def test_a_stale_car_that_is_gone_has_not_recovered() -> None:
    an_endpoint()
    car = make_vehicle(stale_since=NOW, stale_reason=StaleReason.SILENT)
    car.mark_removed(now=NOW + HOUR)
    assert told() == ["vehicle.stale", "vehicle.gone", "vehicle.removed"]
    assert Event.objects.get(kind="vehicle.gone").data["how"] == "removed"


def test_a_car_that_ev_energy_has_no_longer_is_told_of_once_and_when_it_is_back() -> None:
    an_endpoint()
    owner, car_id = make_owner(), make_id("vhcl")
    store_vehicle(resource=car_of(owner, car_id), owner=owner, now=NOW)
    car = Vehicle.objects.get()
    assert car.mark_removed(now=NOW + HOUR)
    assert not car.mark_removed(now=NOW + 2 * HOUR)
    store_page(resources=[car_of(owner, car_id)], now=NOW + 3 * HOUR)
    car.mark_removed(now=NOW + 4 * HOUR)
    store_vehicle(resource=car_of(owner, car_id), owner=owner, now=NOW + 5 * HOUR)

    assert told() == ["vehicle.connected", "vehicle.removed"] * 2 + ["vehicle.connected"]
    assert list(Event.objects.order_by("pk").values_list("at", flat=True)) == [
        NOW + hours * HOUR for hours in (0, 1, 3, 4, 5)
    ]
    assert set(Event.objects.values_list("vehicle_id", "owner_id")) == {(car_id, owner.pk)}


def test_a_car_that_is_a_strangers_now_is_told_of_as_removed() -> None:
    an_endpoint()
    owner, car_id = make_owner(), make_id("vhcl")
    stranger = make_owner(ev_energy_user_id=make_id("user"))
    store_vehicle(resource=car_of(owner, car_id), owner=owner, now=NOW)
    sold = car_of(stranger, car_id)
    stranger.delete()
    store_page(resources=[sold], now=NOW + HOUR)
    store_page(resources=[sold], now=NOW + 2 * HOUR)

    assert told() == ["vehicle.connected", "vehicle.removed"]
    assert Event.objects.get(kind="vehicle.removed").data["owner_id"] == str(owner.pk)


def test_two_accounts_that_become_one_are_told_of() -> None:
    an_endpoint()
    kept, other = make_owner(), make_owner()
    make_hand_over(owner=other, reference="customer-4711")

    merge(kept=kept, other=other, by=make_staff(), now=NOW)

    assert told() == ["owner.merged"]
    assert Event.objects.get().data == {
        "owner_id": str(kept.pk),
        "former_owner_id": str(other.pk),
        "reference": "customer-4711",
    }


def test_what_is_rolled_back_was_never_told() -> None:
    an_endpoint()
    make_vehicle(integration=Integration.INACTIVE)
    with transaction.atomic():
        staleness.apply_to_all(now=NOW)
        assert told() == ["vehicle.stale"]
        transaction.set_rollback(True)
    assert not Event.objects.exists()


def test_many_cars_cost_the_queries_of_few() -> None:
    an_endpoint()
    counts = []
    for number in (2, 30):
        owner = make_owner()
        for _ in range(number):
            make_vehicle(owner=owner, integration=Integration.INACTIVE)
        before = Event.objects.count()
        with CaptureQueriesContext(
            connection,
        ) as queries:
            staleness.apply_to_all(now=NOW)
        assert Event.objects.count() - before == number
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_the_steps_of_a_reconnect() -> None:
    an_endpoint()
    car = make_vehicle(integration=Integration.INACTIVE)
    staleness.apply_to(vehicle=car, now=NOW)
    row = open_reconnect(vehicle=car, owner=car.owner, now=NOW)
    assert open_reconnect(vehicle=car, owner=car.owner, now=NOW) == row
    row.move(State.LINK_READY, now=NOW)
    row.move(State.EMAILED, now=NOW)
    row.move(State.OPENED, now=NOW)
    send_off(reconnect=row, now=NOW, by=None)
    note_return(reconnect=row, came_back_with=CameBack.DONE, now=NOW + HOUR)
    # No data came, and the e-mailed link still works: nothing is mailed by that.
    row.move(State.EMAILED, now=NOW + HOUR, emailed_at=row.emailed_at)
    send_off(reconnect=row, now=NOW + HOUR, by=None)
    lease = Reconnect.objects.filter(pk=row.pk).take_lease(now=NOW + HOUR)
    assert lease
    row.refresh_from_db()
    finish(reconnect=row, lease=lease, now=NOW + HOUR)

    assert told() == [
        "vehicle.stale",
        "reconnect.asked",
        "reconnect.mailed",
        "reconnect.opened",
        "reconnect.left",
        "reconnect.returned",
        "reconnect.left",
        "reconnect.back",
        "vehicle.recovered",
    ]
    assert Event.objects.get(kind="reconnect.returned").data["claim"] == "DONE"
    assert Event.objects.get(kind="reconnect.asked").data["asked_by"] == "owner"


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        (State.FAILED, "reconnect.failed"),
        (State.EXPIRED, "reconnect.expired"),
        (State.CANCELLED, "reconnect.cancelled"),
    ],
)
def test_batches_tell_of_each_car_and_of_how_each_ended(state: State, kind: str) -> None:
    an_endpoint()
    cars = [make_vehicle(integration=Integration.INACTIVE) for _ in range(3)]
    open_reconnect(vehicle=cars[0], owner=cars[0].owner, now=NOW)
    create_batch(vehicles=Vehicle.objects.all(), kind=BatchKind.EMAILS, by=make_staff(), now=NOW + HOUR)
    assert told() == ["reconnect.asked"] * 3  # the first had one already
    move_all(Reconnect.objects.all(), state, now=NOW + HOUR)
    assert told()[3:] == [kind] * 3


def test_cars_are_connected_once_and_again_with_another_owner() -> None:
    an_endpoint()
    ann, ben = make_owner(), make_owner()
    first, second = make_id("vhcl"), make_id("vhcl")
    store_vehicle(resource=car_of(ann, first), owner=ann, now=NOW)
    store_vehicle(resource=car_of(ann, first), owner=ann, now=NOW + HOUR)
    page = [car_of(ben, first), car_of(ann, second)]
    store_page(resources=page, now=NOW + 2 * HOUR)
    store_page(resources=page, now=NOW + 3 * HOUR)
    hand_over(vehicle=Vehicle.objects.get(pk=first), to=ann, by=make_staff(), now=NOW + 4 * HOUR)

    assert told() == ["vehicle.connected"] * 4
    found = Event.objects.order_by("at", "vehicle_id").values_list("vehicle_id", "owner_id")
    assert list(found) == [(first, ann.pk), (first, ben.pk), (second, ann.pk), (first, ann.pk)]


def test_trouble_at_a_make_begins_and_ends_once() -> None:
    an_endpoint()
    make = make_make()
    MakeOutage.objects.mark(now=NOW, make_id=make.pk)
    MakeOutage.objects.mark(now=NOW + HOUR, make_id=make.pk)
    MakeOutage.objects.mark(now=NOW, controller="a-middleman")
    assert MakeOutage.objects.lift(now=NOW + HOUR) == 2
    assert MakeOutage.objects.lift(now=NOW + HOUR) == 0
    assert told() == ["make.outage.started"] * 2 + ["make.outage.ended"] * 2


def test_an_owner_begins_and_is_erased_and_nothing_else_stays() -> None:
    endpoint = an_endpoint()
    owner = make_owner()
    owner.note_first_sign_in(now=NOW)
    car = make_vehicle(owner=owner, integration=Integration.INACTIVE)
    staleness.apply_to(vehicle=car, now=NOW)
    Delivery.objects.write(Event.objects.all(), [endpoint], now=NOW)
    assert told() == ["owner.created", "vehicle.stale"]

    erase(owner=owner, by=THEMSELVES, at_ev_energy=False, now=NOW)

    assert told() == ["owner.erased"]
    assert not Delivery.objects.exists()


def test_who_has_signed_in_before_is_no_news() -> None:
    an_endpoint()
    make_owner(last_login=NOW).note_first_sign_in(now=NOW)
    assert told() == []


def test_the_description_has_a_schema_for_every_kind() -> None:
    assert {each.name for each in all_webhooks()} == set(KINDS)
    assert all(each.summary for each in all_webhooks())


@pytest.mark.parametrize("outcome", Outcome)
def test_the_outcome_of_a_session_is_told_as_the_api_tells_it(outcome: Outcome) -> None:
    an_endpoint()
    hand_over, _token = make_hand_over(owner=make_owner(), reference="customer-4711")
    hand_over.outcome = outcome
    outcome_changed.send(sender=HandOver, hand_over=hand_over, now=NOW)
    assert told() == [f"session.{outcome}"]
    data = Event.objects.get().data
    assert (data["session_id"], data["outcome"]) == (str(hand_over.pk), outcome)
    assert data["reference"] == "customer-4711"


def test_an_owners_events_carry_the_latest_reference_also_of_the_erasure() -> None:
    an_endpoint()
    owner = make_owner()
    make_hand_over(owner=owner, reference="old", created_at=NOW)
    make_hand_over(owner=owner, reference="new", created_at=NOW + HOUR)
    make_hand_over(owner=owner, reference="", created_at=NOW + 2 * HOUR)
    owner.note_first_sign_in(now=NOW)
    assert Event.objects.get().data["reference"] == "new"
    erase(owner=owner, by=THEMSELVES, at_ev_energy=False, now=NOW)
    assert Event.objects.get().data == {"owner_id": str(owner.pk), "reference": "new"}
