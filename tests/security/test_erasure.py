"""After an erasure nothing says who it was: no column of any table, no log line; and what is counted stays."""

import logging

import pytest
from django.db.models import ProtectedError

from onboarding_portal.accounts import audit
from onboarding_portal.accounts.erasing import THEMSELVES, NotAnOwner, erase, export
from onboarding_portal.accounts.held import person_of, rooms
from onboarding_portal.accounts.models import ActorKind, AuditEntry, Erasure, User
from onboarding_portal.vehicles.models import CarToErase, Vehicle
from tests.factories import NOW, make_owner, make_staff, make_vehicle
from tests.security.owner_with_everything import (
    SECOND_EMAIL,
    make_owner_with_everything,
    where_it_stands,
    words_of,
)

pytestmark = pytest.mark.django_db


def test_the_owner_is_everywhere_before() -> None:
    """Whatever a room holds, the owner of this test has: a new model needs a row here."""
    owner = make_owner_with_everything()
    person = person_of(owner)
    without = [each.label for room in rooms() for each in room.held if not each.rows(person).exists()]

    assert without == ["accounts.StaffSession", "accounts.SecondFactor", "accounts.StaffIdentity"]
    assert len(where_it_stands(words_of(owner))) > 20


@pytest.mark.parametrize("at_ev_energy", [False, True])
def test_nothing_says_who_it_was(at_ev_energy: bool, caplog: pytest.LogCaptureFixture) -> None:
    owner = make_owner_with_everything()
    words, bystanders = words_of(owner), User.objects.exclude(email__in=[owner.email, SECOND_EMAIL]).count()
    caplog.set_level(logging.DEBUG)

    erase(owner=owner, by=make_staff(), at_ev_energy=at_ev_energy, now=NOW)
    CarToErase.objects.update(vehicle_id="", owner_hash="", outcome="ERASED")

    assert where_it_stands(words) == []
    assert not [word for word in words if word in caplog.text]
    assert User.objects.count() == bystanders + 1


def test_what_was_done_stays_without_whom() -> None:
    owner = make_owner_with_everything()
    acts = list(AuditEntry.objects.order_by("pk").values_list("act", "count", "actor_kind"))

    erasure = erase(owner=owner, by=make_staff(email="sue@example.com"), at_ev_energy=False, now=NOW)

    *before, last = AuditEntry.objects.order_by("pk")
    assert [(each.act, each.count, each.actor_kind) for each in before] == acts
    assert [each.subjects.count() for each in before] == [count for _act, count, _kind in acts]
    assert (last.act, last.actor_name, last.count) == ("accounts.erased", "sue@example.com", 1)
    assert (last.thing_kind, last.thing_id) == ("accounts.erasure", str(erasure.pk))


def test_how_much_it_was_is_counted() -> None:
    owner = make_owner_with_everything()

    erasure = erase(owner=owner, by=THEMSELVES, at_ev_energy=False, now=NOW)

    counts = Erasure.objects.get(pk=erasure.pk).counts
    assert counts["vehicles.Vehicle"] == 3
    assert counts["accounts.User"] == 2  # and the account that was merged into it
    assert counts["reconnects.Reconnect"] == 2
    assert erasure.by_kind == ActorKind.OWNER


def test_others_keep_everything() -> None:
    owner, other = make_owner_with_everything(), make_vehicle(nickname="Mine").owner

    erase(owner=owner, by=THEMSELVES, at_ev_energy=True, now=NOW)

    assert Vehicle.objects.get(owner=other).nickname == "Mine"
    assert other.pk in set(User.objects.values_list("pk", flat=True))


@pytest.mark.parametrize("rights", [{"is_staff": True}, {"is_superuser": True}])
def test_a_colleague_is_not_erased(rights: dict[str, bool]) -> None:
    colleague = make_owner(**rights)

    with pytest.raises(NotAnOwner):
        erase(owner=colleague, by=audit.command("erase_owner"), at_ev_energy=False, now=NOW)

    assert User.objects.filter(pk=colleague.pk).exists()
    assert not Erasure.objects.exists()


def test_a_second_erasure_finds_nobody() -> None:
    owner = make_owner()
    erase(owner=owner, by=THEMSELVES, at_ev_energy=False, now=NOW)

    with pytest.raises(User.DoesNotExist):
        erase(owner=owner, by=THEMSELVES, at_ev_energy=False, now=NOW)

    assert Erasure.objects.count() == 1


def test_who_was_a_colleague_once_keeps_their_acts_and_loses_their_name() -> None:
    sam, car = make_staff(email="sam@example.com"), make_vehicle()
    for _ in range(2):
        audit.record(act=audit.Act.MARKED_STALE, actor=sam, about=audit.about(car))
    User.objects.filter(pk=sam.pk).update(is_staff=False)

    erase(owner=sam, by=THEMSELVES, at_ev_energy=False, now=NOW)

    [name] = (
        AuditEntry.objects.filter(act=audit.Act.MARKED_STALE).values_list("actor_name", flat=True).distinct()
    )
    assert name.startswith("former colleague ")
    assert where_it_stands(["sam@example.com"]) == []


def test_an_erased_owner_comes_back_as_a_new_one() -> None:
    owner = make_owner_with_everything()
    email = owner.email
    erase(owner=owner, by=THEMSELVES, at_ev_energy=False, now=NOW)

    again = User.objects.get_or_register(email=email)

    assert again.pk != owner.pk
    assert (again.ev_energy_user_id, again.name, again.vehicles.count()) == (None, "", 0)


def test_a_failure_on_the_way_leaves_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    owner = make_owner_with_everything()
    before = where_it_stands(words_of(owner))

    def refuse(**_fields: object) -> None:
        raise ProtectedError("no", set())

    monkeypatch.setattr("onboarding_portal.accounts.erasing.record", refuse)
    with pytest.raises(ProtectedError):
        erase(owner=owner, by=THEMSELVES, at_ev_energy=True, now=NOW)

    assert where_it_stands(words_of(owner)) == before
    assert not Erasure.objects.exists()
    assert not CarToErase.objects.exists()


def test_an_export_has_all_that_is_held_and_no_secret() -> None:
    owner = make_owner_with_everything()

    held = export(owner=owner, by=THEMSELVES, now=NOW)["held"]

    empty = [label for label, rows in held.items() if not rows]
    assert empty == []
    text = str(held)
    for word in words_of(owner):
        assert word in text
    for secret in ("token_hash", "password", "session_nonce", "app.ev.energy/vehicle-onboarding"):
        assert secret not in text


def test_an_export_says_nothing_of_others() -> None:
    make_owner_with_everything()
    other = make_vehicle().owner

    text = str(export(owner=other, by=THEMSELVES, now=NOW))

    assert "ann.lee@example.com" not in text
    assert "Persimmon" not in text
