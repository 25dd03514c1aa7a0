"""One owner of whom every table has something, made as the portal makes it, and where it must not be found again."""

import json
import pickle
from base64 import b64decode
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from axes.models import AccessAttempt, AccessLog
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.utils import timezone

from onboarding_portal.accounts.audit import POLICY, Act, about, record
from onboarding_portal.accounts.models import (
    Invitation,
    InvitationImport,
    InvitationImportRow,
    MailKind,
    MergedAccount,
    SentMail,
    User,
)
from onboarding_portal.consents.models import Consent
from onboarding_portal.onboarding.models import AttemptState, Claim
from onboarding_portal.onboarding.tasks import read_back_attempt
from onboarding_portal.readiness.models import Readiness
from onboarding_portal.reconnects.models import (
    AheadMail,
    Batch,
    BatchKind,
    PolicyChoice,
    PolicyVersion,
    ReconnectEvent,
    State,
    UnstableVehicle,
)
from onboarding_portal.vehicles.changed_hands import Handover, write_history
from onboarding_portal.vehicles.models import Note, SyncRun, Vehicle
from onboarding_portal.vehicles.tasks import refresh
from tests.api.events.rows import an_event
from tests.api.rows import make_hand_over
from tests.factories import handle_by_hand, make_attempt, make_owner, make_staff, make_vehicle, pause_mail
from tests.reconnects.rows import make_broken_car, make_emailed, make_helper_link, make_reconnect

EMAIL, NAME = "ann.lee@example.com", "Ann Persimmon-Lee"
SECOND_EMAIL = "ann.at.work@example.com"  # an account that was merged into hers


def make_owner_with_everything() -> User:
    now = timezone.now()
    ann = make_owner(email=EMAIL, name=NAME, time_zone="Europe/Dublin")
    sam = make_staff(email="sam@example.com")
    car, broken = make_vehicle(owner=ann, nickname="Old red"), make_broken_car(owner=ann)
    _gone = make_vehicle(owner=ann, removed_at=now)
    _journeys(ann, car, now=now)
    _repairs(sam, broken, now=now)
    _words_of_staff(ann, sam, broken, now=now)
    _mails(ann, sam, now=now)
    _browsers(ann)
    _handed_over(ann, broken)
    Readiness.objects.create(
        vehicle=car, kept_for=car.owner_id, has_address=True, smart_wh_by_start={"2026-03-14": 5000}
    )
    MergedAccount.objects.create(other=make_owner(email=SECOND_EMAIL), into=ann, at=now, by_name="Sam")
    make_vehicle(handed_over_under=ann.ev_energy_user_id)
    record(act=Act.MARKED_STALE, actor=sam, about=about(car), why=f"{EMAIL} called")
    record(act=Act.READ_AGAIN, actor=POLICY, about=about(car, make_vehicle()), why=f"as {EMAIL} asked")
    record(act=Act.EXPORTED, actor=ann, about=about(ann))
    SyncRun.objects.create(
        started_at=now,
        progressed_at=now,
        lease_id=make_attempt().pk,
        lease_expires_at=now,
        unreadable=[[car.pk, "trim"], ["vhcl" + "9" * 26, "trim"]],
        unreadable_count=2,
    )
    return ann


def _journeys(ann: User, car: Vehicle, *, now: Any) -> None:
    attempt = make_attempt(owner=ann, state=AttemptState.CONNECTED)
    Consent.objects.say(owner_id=ann.pk, make_id="", vehicle_id=car.pk, attempt_id=attempt.pk, now=now)
    Claim.objects.create(attempt=attempt, vehicle_id=car.pk)
    waiting = make_attempt(owner=ann, user_due_at=now)
    Claim.objects.create(attempt=waiting, vehicle_id="vhcl" + "8" * 26, next_try_at=now)
    read_back_attempt.enqueue(str(waiting.pk))
    refresh.enqueue(car.pk)


def _handed_over(ann: User, broken: Vehicle) -> None:
    row, _token = make_hand_over(owner=ann, vehicle=broken, reference="customer 4711")
    row.attempts.add(*ann.attempts.all())
    row.reconnects.add(*broken.reconnects.all())
    an_event(broken.pk, vehicle_id=broken.pk, owner_id=ann.pk)


def _repairs(sam: User, broken: Vehicle, *, now: Any) -> None:
    batch = Batch.objects.create(kind=BatchKind.EMAILS, created_by=sam)
    ended = make_reconnect(State.RECONNECTED, vehicle=broken, batch=batch)
    ReconnectEvent.objects.create(reconnect=ended, state=State.RECONNECTED, at=now, by=broken.owner)
    make_emailed(vehicle=broken, wants_email=True, next_work_at=now)
    UnstableVehicle.objects.create(vehicle=broken, repairs=3, flagged_at=now)
    version = PolicyVersion.objects.create(why="The first")
    PolicyChoice.objects.create(
        vehicle=broken, version=version, stale_since=now, chosen_at=now, mail_from=now, reconnect=ended
    )
    make_helper_link(broken)
    AheadMail.objects.create(vehicle=broken, version=version, connected_since=now, chosen_at=now)


def _words_of_staff(ann: User, sam: User, car: Vehicle, *, now: Any) -> None:
    Note.objects.write(owner_id=ann.pk, vehicle_id=car.pk, text=f"{NAME} is kind", by=sam, now=now)
    Note.objects.write(owner_id=make_owner().pk, text=f"Neighbour of {EMAIL}", by=sam, now=now)
    handle_by_hand(car)
    pause_mail(ann)
    Vehicle.objects.filter(pk=car.pk).update(staff_notes=f"{NAME}, {EMAIL}")
    LogEntry.objects.log_actions(sam.pk, [ann], CHANGE, "Changed.")
    LogEntry.objects.log_actions(sam.pk, [car], CHANGE, "Changed.")
    LogEntry.objects.log_actions(sam.pk, list(car.reconnects.all()), CHANGE, "Changed.")
    former = make_owner()
    write_history(
        [
            Handover(
                vehicle_id=car.pk, former_id=former.pk, present_id=ann.pk, staff_notes="", was_marked=False
            )
        ]
    )


def _mails(ann: User, sam: User, *, now: Any) -> None:
    invitation, _token = Invitation.objects.invite(email=EMAIL, invited_by=sam, now=now)
    Invitation.objects.filter(pk=invitation.pk).update(
        name=NAME, note=f"{NAME} asked", user=ann, accepted_at=now
    )
    source = InvitationImport.objects.create(file_name="owners.csv", created_by=sam)
    InvitationImportRow.objects.create(
        source=source, line=2, kind="NEW", cells=[EMAIL, NAME], email=EMAIL, name=NAME
    )
    for owner, kind in ((ann, MailKind.CODE), (None, MailKind.INVITATION)):
        SentMail.objects.create(owner=owner, invitation=invitation, kind=kind, at=now, is_accepted=True)
    AccessAttempt.objects.create(username=EMAIL, ip_address="192.0.2.1", failures_since_start=1)
    AccessLog.objects.create(username=EMAIL, ip_address="192.0.2.1")


def _browsers(ann: User) -> None:
    signed_in = Client()
    signed_in.force_login(ann, backend="allauth.account.auth_backends.AuthenticationBackend")
    signed_in.get("/account/")
    session = Client().session
    session["code_asked_for"] = EMAIL
    session.save()


def words_of(owner: User) -> list[str]:
    """What names the owner and nobody else, as it could stand anywhere."""
    cars = Vehicle.objects.filter(owner=owner).values_list("pk", flat=True)
    return [owner.email, SECOND_EMAIL, owner.ev_energy_user_id or "", owner.name, *cars]


def where_it_stands(words: list[str]) -> list[str]:
    """Every column of every table in which one of the words stands, sessions and cached values unpacked."""
    return sorted(
        {f"{table}.{column}" for table, column, text in _texts() if any(word in text for word in words)}
    )


def _texts() -> Iterator[tuple[str, str, str]]:
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608  its own names
            names = [column[0] for column in cursor.description]
            for row in cursor.fetchall():
                for name, value in zip(names, row, strict=True):
                    yield table, name, _text(name, value)


def _text(column: str, value: Any) -> str:
    if column == "session_data":
        return str(Session(session_data=value).get_decoded())
    if column == "value" and isinstance(value, str):  # the cache's table
        with suppress(Exception):
            return str(pickle.loads(b64decode(value)))  # noqa: S301  our own
    return json.dumps(value) if isinstance(value, (dict, list)) else str(value)
