from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt, AccessLog
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult

from onboarding_portal.accounts.models import Invitation, User
from onboarding_portal.operations.clock import purge as purging
from onboarding_portal.operations.clock.purge import purge
from onboarding_portal.operations.clock.purge_rules import RULES
from onboarding_portal.reconnects.models import LastingLink, Reconnect, State
from onboarding_portal.vehicles.models import SyncRun
from tests.factories import make_owner, make_vehicle

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)
TICK = timedelta(seconds=1)


def after(name: str) -> timedelta:
    (rule,) = [rule for rule in RULES if rule.name == name]
    return rule.after


def make_session(expires_at: datetime) -> Session:
    key = f"session{Session.objects.count():025d}"
    return Session.objects.create(session_key=key, session_data="", expire_date=expires_at)


def cached_rows() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT COUNT(*) FROM portal_cache")
        return int(cursor.fetchone()[0])


def test_sessions_go_when_they_end() -> None:
    make_session(NOW - TICK)
    alive = make_session(NOW + TICK)

    counts = purge(now=NOW)

    assert list(Session.objects.all()) == [alive]
    assert counts["sessions past their end"] == 1


def test_an_owner_who_never_entered_a_code_goes_after_a_week() -> None:
    week = after("owners who never entered a code")
    User.objects.get_or_register(email="old@example.com")
    User.objects.update(joined_at=NOW - week - TICK)
    young = User.objects.get_or_register(email="young@example.com")
    User.objects.filter(pk=young.pk).update(joined_at=NOW - week + TICK)

    purge(now=NOW)

    assert list(User.objects.all()) == [young]


def test_owners_who_signed_in_have_cars_or_were_made_by_staff_stay() -> None:
    long_ago = NOW - timedelta(days=1000)
    signed_in = make_owner(is_self_registered=True, last_login=long_ago, joined_at=long_ago)
    with_car = make_owner(is_self_registered=True, ev_energy_user_id=None, joined_at=long_ago)
    make_vehicle(owner=with_car)
    made_by_staff = make_owner(ev_energy_user_id=None, joined_at=long_ago)

    purge(now=NOW)

    assert set(User.objects.all()) == {signed_in, with_car, made_by_staff}


def test_an_invitation_that_ran_out_goes_and_one_that_was_accepted_stays() -> None:
    quarter = after("invitations that ran out unused")
    kept, _token = Invitation.objects.invite(email="a@example.com", invited_by=None, now=NOW)
    accepted, _token = Invitation.objects.invite(email="b@example.com", invited_by=None, now=NOW)
    gone, _token = Invitation.objects.invite(email="c@example.com", invited_by=None, now=NOW)
    Invitation.objects.filter(pk=accepted.pk).update(accepted_at=NOW, expires_at=NOW - quarter - TICK)
    Invitation.objects.filter(pk=gone.pk).update(expires_at=NOW - quarter - TICK)

    purge(now=NOW)

    assert set(Invitation.objects.all()) == {kept, accepted}


def make_ended_reconnect(ended_at: datetime) -> LastingLink:
    vehicle = make_vehicle()
    reconnect = Reconnect.objects.create(
        vehicle=vehicle, state=State.EXPIRED, origin="EMAIL", ended_at=ended_at
    )
    return LastingLink.objects.create(
        reconnect=reconnect, owner=vehicle.owner, token_hash=f"{reconnect.pk:064d}"
    )


def test_an_e_mailed_link_goes_long_after_its_reconnect_ended_which_stays() -> None:
    quarter = after("e-mailed links of reconnects that ended")
    make_ended_reconnect(NOW - quarter - TICK)
    kept = make_ended_reconnect(NOW - quarter + TICK)

    purge(now=NOW)

    assert list(LastingLink.objects.all()) == [kept]
    assert Reconnect.objects.count() == 2


def test_ev_energys_link_is_emptied_when_it_ends_and_its_reconnect_stays() -> None:
    address = "https://app.ev.energy/vehicle-onboarding/start/1"
    rows = {
        "state": State.LINK_READY,
        "origin": "STAFF",
        "url": address,
        "link_made_at": NOW - timedelta(minutes=5),
    }
    ended = Reconnect.objects.create(vehicle=make_vehicle(), expires_at=NOW - TICK, **rows)
    alive = Reconnect.objects.create(vehicle=make_vehicle(), expires_at=NOW + TICK, **rows)

    purge(now=NOW)

    ended.refresh_from_db()
    alive.refresh_from_db()
    assert (ended.url, alive.url) == ("", address)


def make_task(status: TaskResultStatus, finished_at: datetime | None) -> DBTaskResult:
    return DBTaskResult.objects.create(
        status=status,
        finished_at=finished_at,
        args_kwargs={"args": [], "kwargs": {}},
        task_path="onboarding_portal.tasks.none",
        backend_name="default",
        queue_name="default",
        run_after=NOW,
        exception_class_path="",
        traceback="",
    )


@pytest.mark.parametrize(
    ("status", "name"),
    [
        (TaskResultStatus.SUCCESSFUL, "tasks that did their work"),
        (TaskResultStatus.FAILED, "tasks that failed"),
        (TaskResultStatus.RUNNING, "tasks whose worker was killed"),
    ],
)
def test_tasks_that_are_over_go_and_waiting_ones_stay(status: TaskResultStatus, name: str) -> None:
    is_running = status == TaskResultStatus.RUNNING
    for age in (TICK, -TICK):
        task = make_task(status, None if is_running else NOW - after(name) - age)
        DBTaskResult.objects.filter(pk=task.pk).update(started_at=NOW - after(name) - age)
    kept = {task, make_task(TaskResultStatus.READY, None)}

    purge(now=NOW)

    assert set(DBTaskResult.objects.all()) == kept


@pytest.mark.parametrize(
    ("model", "name", "fields"),
    [
        (AccessAttempt, "wrong passwords of staff", {"failures_since_start": 5}),
        (AccessLog, "sign-ins and sign-outs", {}),
    ],
)
def test_guesses_and_sign_ins_go_after_a_month(model: Any, name: str, fields: dict[str, Any]) -> None:
    old = model.objects.create(username="a", ip_address="192.0.2.1", user_agent="x", **fields)
    new = model.objects.create(username="b", ip_address="192.0.2.1", user_agent="x", **fields)
    model.objects.filter(pk=old.pk).update(attempt_time=NOW - after(name) - TICK)
    model.objects.filter(pk=new.pk).update(attempt_time=NOW - after(name) + TICK)

    purge(now=NOW)

    assert list(model.objects.all()) == [new]


def test_cached_values_go_when_they_end() -> None:
    cache.set("ended", 1, timeout=60)
    cache.set("alive", 1, timeout=3600)

    counts = purge(now=timezone.now() + timedelta(minutes=10))

    assert cached_rows() == 1
    assert counts["cached values past their end"] == 1
    assert cache.get("alive") == 1


def test_a_reading_of_all_vehicles_goes_when_it_is_old_and_finished() -> None:
    quarter = after("finished readings of all vehicles")
    made = {
        "progressed_at": NOW,
        "lease_id": "0b9c2a86-4a7e-4a52-9d0e-5b8f6b1d2c3e",
        "lease_expires_at": NOW,
    }
    SyncRun.objects.create(state="COMPLETE", started_at=NOW - quarter - TICK, **made)
    running = SyncRun.objects.create(state="RUNNING", started_at=NOW - quarter - TICK, **made)
    fresh = SyncRun.objects.create(state="COMPLETE", started_at=NOW - quarter + TICK, **made)

    purge(now=NOW)

    assert set(SyncRun.objects.all()) == {running, fresh}


def test_more_rows_than_a_batch_all_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(purging, "BATCH_ROWS", 2)
    for _ in range(5):
        make_session(NOW - TICK)
    for number in range(5):
        cache.set(f"key{number}", 1, timeout=1)

    counts = purge(now=timezone.now() + timedelta(minutes=1))

    assert counts["sessions past their end"] == 5
    assert counts["cached values past their end"] == 5


def test_a_second_purge_finds_nothing() -> None:
    make_session(NOW - TICK)
    purge(now=NOW)

    assert not any(purge(now=NOW).values())


def test_the_command_says_what_went(capsys: pytest.CaptureFixture[str]) -> None:
    make_session(datetime(2020, 1, 1, tzinfo=UTC))

    call_command("purge")

    assert "       1  sessions past their end" in capsys.readouterr().out
