"""The audit log: what an entry says, what stays of it, and that nobody changes one."""

from datetime import timedelta
from io import StringIO

import pytest
from django.contrib import admin
from django.contrib.auth.management.commands import changepassword
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from onboarding_portal.accounts import audit
from onboarding_portal.accounts.audit import Act, Recorder, about, record
from onboarding_portal.accounts.models import ActorKind, AuditEntry, AuditSubject
from onboarding_portal.operations.clock.purge import purge
from onboarding_portal.vehicles.changed_hands import Handover, write_history
from onboarding_portal.vehicles.models import Vehicle
from tests.factories import NOW, make_owner, make_staff, make_vehicle

pytestmark = pytest.mark.django_db

LIST = reverse("admin:accounts_auditentry_changelist")


def boss(**fields: object) -> Client:
    client = Client()
    client.force_login(
        make_staff(is_superuser=True, **fields), backend="django.contrib.auth.backends.ModelBackend"
    )
    return client


def test_an_entry_says_who_what_whom_from_where_and_why() -> None:
    sam, car = make_staff(email="sam@example.com"), make_vehicle()

    with audit.requested_from("192.0.2.7"):
        entry = record(act=Act.MARKED_STALE, actor=sam, about=about(car), why="She called twice")

    stored = AuditEntry.objects.get(pk=entry.pk)
    subject = stored.subjects.get()
    assert (stored.actor_kind, stored.actor_name, stored.words) == (
        "STAFF",
        "sam@example.com",
        "Marked as stale",
    )
    assert (stored.network_address, stored.why, stored.count) == ("192.0.2.7", "She called twice", 1)
    assert (subject.owner, subject.vehicle_id) == (car.owner, car.pk)


@pytest.mark.parametrize(
    ("actor", "kind", "name"),
    [
        (audit.POLICY, ActorKind.POLICY, "policy"),
        (audit.key("CRM"), ActorKind.KEY, "CRM"),
        (audit.job("purge"), ActorKind.JOB, "purge"),
        (audit.command("erase_owner"), ActorKind.COMMAND, "erase_owner"),
    ],
)
def test_who_acts_need_not_be_a_person(actor: audit.Actor, kind: str, name: str) -> None:
    entry = record(act=Act.CHANGED, actor=actor, about=about(make_owner()))

    assert (entry.actor_kind, entry.actor_name, entry.actor) == (kind, name, None)


def test_an_owner_is_not_named_as_text() -> None:
    entry = record(act=Act.EXPORTED, actor=make_owner(email="ann@example.com"))

    assert (entry.actor_kind, entry.actor_name) == ("OWNER", "")


def test_an_entry_outlives_the_colleague_and_the_owner() -> None:
    sam, car = make_staff(email="sam@example.com"), make_vehicle()
    entry = record(act=Act.MARKED_STALE, actor=sam, about=about(car))

    sam.delete()
    car.owner.delete()

    stored = AuditEntry.objects.get(pk=entry.pk)
    assert (stored.actor, stored.actor_name, stored.count) == (None, "sam@example.com", 1)
    assert stored.subjects.get().owner is None


def test_an_act_in_pieces_is_one_entry_with_all_its_cars(django_assert_num_queries: object) -> None:
    cars, write = [make_vehicle() for _ in range(4)], Recorder(act=Act.READ_AGAIN, actor=audit.POLICY)

    write([])
    write(about(*cars[:2]))
    write(about(*cars[2:]))

    entry = AuditEntry.objects.get()
    assert entry.count == 4
    assert set(entry.subjects.values_list("vehicle_id", flat=True)) == {car.pk for car in cars}


def test_nothing_is_written_for_an_act_on_nothing() -> None:
    Recorder(act=Act.READ_AGAIN, actor=audit.POLICY)([])

    assert not AuditEntry.objects.exists()


def test_an_entry_is_found_by_owner_and_by_car_newest_first() -> None:
    car = make_vehicle()
    first = record(act=Act.MARKED_STALE, actor=audit.POLICY, about=about(car))
    second = record(act=Act.CLEARED_STALE, actor=audit.POLICY, about=about(car))
    record(act=Act.CHANGED, actor=audit.POLICY, about=about(make_owner()))

    assert list(AuditEntry.objects.about_owner(car.owner_id)) == [second, first]
    assert list(AuditEntry.objects.about_vehicle(car.pk)) == [second, first]


def test_nobody_adds_changes_or_deletes_an_entry_in_the_admin() -> None:
    entry, client = record(act=Act.CHANGED, actor=audit.POLICY), boss()

    add = client.post(reverse("admin:accounts_auditentry_add"), {"act": "x"})
    change = client.post(reverse("admin:accounts_auditentry_change", args=[entry.pk]), {"why": "x"})
    delete = client.post(reverse("admin:accounts_auditentry_delete", args=[entry.pk]), {"post": "yes"})
    many = client.post(LIST, {"action": "delete_selected", "_selected_action": [entry.pk], "post": "yes"})

    assert [each.status_code for each in (add, change, delete)] == [403, 403, 403]
    assert many.status_code != 500
    assert list(AuditEntry.objects.values("pk", "why")) == [{"pk": entry.pk, "why": ""}]
    assert AuditSubject not in admin.site._registry


def test_why_is_asked_for_where_staff_confirm_an_act() -> None:
    car, client = make_vehicle(), boss()
    chosen = {"action": "mark_stale", "_selected_action": [car.pk]}
    asked = client.post(reverse("admin:vehicles_vehicle_changelist"), chosen)

    client.post(
        reverse("admin:vehicles_vehicle_changelist"),
        {**chosen, "confirmed": "yes", "why": "The owner called"},
    )

    assert 'name="why"' in asked.content.decode()
    assert AuditEntry.objects.about_vehicle(car.pk).get().why == "The owner called"


def test_an_entry_is_not_saved_twice() -> None:
    entry = record(act=Act.CHANGED, actor=audit.POLICY)
    entry.why = "Other"

    with pytest.raises(TypeError):
        entry.save()


@pytest.mark.parametrize("by", ["owner", "vehicle", "vehicle in small letters", "user id", "colleague"])
def test_the_list_is_searched_by_whom_an_act_was_about_and_who_acted(by: str) -> None:
    sam, car = make_staff(email="sam@example.com"), make_vehicle()
    record(act=Act.MARKED_STALE, actor=sam, about=about(car), why="first reason")
    record(act=Act.MARKED_STALE, actor=make_staff(), about=about(make_vehicle()), why="second reason")
    term = {
        "owner": car.owner.email,
        "vehicle": car.pk,
        "vehicle in small letters": car.pk.lower(),
        "user id": car.owner.ev_energy_user_id,
        "colleague": "sam@",
    }[by]

    page = boss().get(LIST, {"q": term}).content.decode()

    assert "first reason" in page
    assert "second reason" not in page


def test_the_list_takes_the_same_number_of_queries_however_many_were_acted_on(
    django_assert_max_num_queries: object,
) -> None:
    cars = [make_vehicle() for _ in range(30)]
    record(act=Act.READ_AGAIN, actor=audit.POLICY, about=about(*cars))
    for car in cars:
        record(act=Act.MARKED_STALE, actor=audit.POLICY, about=about(car))
    client = boss()

    with django_assert_max_num_queries(9):  # type: ignore[operator]  # its fixture's type is not told
        page = client.get(LIST).content.decode()

    assert "and 27 more" in page


def test_an_act_a_later_release_dropped_is_shown_by_its_name() -> None:
    entry = record(act=Act.CHANGED, actor=audit.POLICY)
    AuditEntry.objects.filter(pk=entry.pk).update(act="rooms.gone")

    assert "rooms.gone" in boss().get(LIST).content.decode()


def test_the_log_is_had_as_a_csv() -> None:
    car = make_vehicle()
    record(act=Act.MARKED_STALE, actor=make_staff(email="sam@example.com"), about=about(car), why="called")

    text = b"".join(boss().get(reverse("admin:accounts_auditentry_list_csv")).streaming_content).decode()

    assert "sam@example.com" in text
    assert "Marked as stale" in text
    assert car.pk in text


def test_what_jobs_do_to_people_and_cars_is_written_down() -> None:
    car, sold = make_vehicle(removed_at=NOW - timedelta(days=800)), make_vehicle()
    former, present = make_owner(), sold.owner
    hands = Handover(
        vehicle_id=sold.pk, former_id=former.pk, present_id=present.pk, staff_notes="", was_marked=False
    )

    purge(now=NOW)
    write_history([hands])

    purged, changed = AuditEntry.objects.order_by("pk")
    assert not Vehicle.objects.filter(pk=car.pk).exists()
    assert (purged.act, purged.actor_name, purged.count, purged.subjects.count()) == (
        "accounts.purged",
        "purge",
        1,
        0,
    )
    assert set(changed.subjects.values_list("vehicle_id", "owner")) == {
        (sold.pk, former.pk),
        (sold.pk, present.pk),
    }


def test_whoever_makes_a_superuser_or_sets_a_password_on_the_server_is_written_down(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", "a-long-staff-password")
    monkeypatch.setattr(changepassword.Command, "_get_pass", lambda *_args, **_more: "another-long-password")

    call_command("createsuperuser", "--noinput", email="boss@example.com", stdout=StringIO())
    call_command("changepassword", "boss@example.com", stdout=StringIO())

    entries = AuditEntry.objects.order_by("pk").values_list("act", "actor_name", "subjects__owner__email")
    assert list(entries) == [
        ("admin.added", "createsuperuser", "boss@example.com"),
        ("accounts.password_set", "changepassword", "boss@example.com"),
    ]
