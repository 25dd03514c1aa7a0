"""What a colleague handles by hand, and what colleagues note: whose it is, how long, and who signed it."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from onboarding_portal.vehicles.models import ByHand, Note, Vehicle
from tests.factories import NOW, make_owner, make_staff, make_vehicle

pytestmark = pytest.mark.django_db


def left_over() -> set[str]:
    return set(Vehicle.objects.not_handled_by_hand().values_list("pk", flat=True))


def test_a_car_handled_by_hand_is_left_out_and_the_owners_other_cars_are_not() -> None:
    owner, colleague = make_owner(), make_staff()
    handled, other = make_vehicle(owner=owner), make_vehicle(owner=owner)

    ByHand.objects.assign(
        owner_id=owner.pk, vehicle_id=handled.pk, to=colleague, reason="Rang.", by=colleague, now=NOW
    )

    assert left_over() == {other.pk}
    assert list(Vehicle.objects.handled_by_hand()) == [handled]


def test_an_owner_handled_by_hand_takes_all_their_cars_out_until_it_ends() -> None:
    owner, colleague = make_owner(), make_staff()
    cars = {make_vehicle(owner=owner).pk, make_vehicle(owner=owner).pk}
    stranger = make_vehicle()

    ByHand.objects.assign(owner_id=owner.pk, to=colleague, reason="Rang.", by=colleague, now=NOW)
    assert left_over() == {stranger.pk}

    assert ByHand.objects.end(owner_id=owner.pk, by=colleague, now=NOW + timedelta(hours=1)) == 1
    assert left_over() == {stranger.pk, *cars}
    assert ByHand.objects.get().ended_by_name == colleague.email
    assert ByHand.objects.end(owner_id=owner.pk, by=colleague, now=NOW) == 0


def test_a_car_with_another_owner_is_nobodys_business_of_before() -> None:
    car, colleague = make_vehicle(), make_staff()
    ByHand.objects.assign(
        owner_id=car.owner_id, vehicle_id=car.pk, to=colleague, reason="Rang.", by=colleague, now=NOW
    )

    Vehicle.objects.filter(pk=car.pk).update(owner=make_owner())

    assert left_over() == {car.pk}


def test_assigning_again_ends_what_was_and_one_is_in_force() -> None:
    owner, first, second = make_owner(), make_staff(), make_staff()
    ByHand.objects.assign(owner_id=owner.pk, to=first, reason="Rang.", by=first, now=NOW)

    ByHand.objects.assign(owner_id=owner.pk, to=second, reason="Knows them.", by=first, now=NOW)

    assert ByHand.objects.in_force().get().colleague == second
    assert ByHand.objects.count() == 2
    with pytest.raises(IntegrityError), transaction.atomic():
        ByHand.objects.create(owner=owner, reason="Twice", since=NOW)


@pytest.mark.parametrize("leaves", ["deleted", "switched off", "no longer staff"])
def test_what_a_colleague_handled_is_nobodys_when_they_leave(leaves: str) -> None:
    owner, leaver, stayer = make_owner(), make_staff(name="Ann Lee"), make_staff()
    car = make_vehicle(owner=owner)
    ByHand.objects.assign(owner_id=owner.pk, to=leaver, reason="Rang.", by=leaver, now=NOW)
    ByHand.objects.assign(owner_id=make_owner().pk, to=stayer, reason="Rang.", by=stayer, now=NOW)
    assert not ByHand.objects.nobodys().exists()
    signed = leaver.signature

    if leaves == "deleted":
        leaver.delete()
    elif leaves == "switched off":
        type(leaver).objects.filter(pk=leaver.pk).update(is_active=False)
    else:
        type(leaver).objects.filter(pk=leaver.pk).update(is_staff=False)

    assert [row.owner for row in ByHand.objects.nobodys()] == [owner]
    assert ByHand.objects.nobodys().get().colleague_name == signed
    assert ByHand.objects.mine(stayer).count() == 1
    assert car.pk not in left_over()


def test_a_note_stays_with_the_owner_of_its_time_and_keeps_its_authors_name() -> None:
    car, author = make_vehicle(), make_staff(name="Ann Lee")
    former, buyer = car.owner, make_owner()
    Note.objects.write(owner_id=former.pk, vehicle_id=car.pk, text="Is moving.", by=author, now=NOW)
    Note.objects.write(owner_id=former.pk, text="Speaks Dutch.", by=author, now=NOW)
    assert Note.objects.on_car(car).count() == 2

    signed = author.signature
    author.delete()
    car.owner = buyer
    car.save()

    assert not Note.objects.on_car(car).exists()
    assert {note.author_name for note in Note.objects.about(former)} == {signed}
