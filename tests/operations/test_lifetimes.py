"""Each kind of row has a stated lifetime, or a stated reason to stay; docs/deploy.md and the code say the same."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.db import connection, models
from django.test.utils import CaptureQueriesContext

from onboarding_portal.accounts.audit import POLICY, Act, about, record
from onboarding_portal.accounts.models import AuditEntry, Erasure, User
from onboarding_portal.onboarding.models import Attempt, AttemptState, Claim
from onboarding_portal.operations.clock import purge as purging
from onboarding_portal.operations.clock.purge import purge
from onboarding_portal.operations.clock.purge_rules import RULES
from onboarding_portal.reconnects.models import Batch, Reconnect, ReconnectEvent, State
from onboarding_portal.vehicles.models import MakeOutage, Vehicle
from tests.factories import make_attempt, make_make, make_owner, make_vehicle

NOW = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)
TICK = timedelta(seconds=1)
SECTION = (Path(__file__).parents[2] / "docs/deploy.md").read_text().partition("## What is removed")[2]
GOING, STAYING = SECTION.split("What stays", maxsplit=1)
WITHOUT_A_RULE = {"links of ev.energy past their end", "cached values past their end"}


def rows(part: str) -> list[list[str]]:
    lines = re.findall(r"^\| (.+) \|$", part, re.MULTILINE)
    return [line.split(" | ") for line in lines[1:]]


def labels(text: str) -> set[str]:
    return set(re.findall(r"`(\w+\.\w+)`", text))


def test_every_model_is_in_one_of_the_tables() -> None:
    told = labels(GOING) | labels(STAYING)

    assert {model._meta.label for model in apps.get_models(include_auto_created=True)} - told == set()


def test_the_table_states_the_rules_of_the_code() -> None:
    told = {what: after for what, _models, after in rows(GOING)}

    assert told == {
        **dict.fromkeys(WITHOUT_A_RULE, "at once"),
        **{rule.name: f"{rule.after.days} days" if rule.after else "at once" for rule in RULES},
    }


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_a_rule_names_its_rows_and_what_goes_with_them(rule: Any) -> None:
    (named,) = [labels(models_named) for what, models_named, _after in rows(GOING) if what == rule.name]
    model = rule.rows(NOW).model

    assert model._meta.label in named
    for label in named - {model._meta.label}:
        assert goes_with(apps.get_model(label), model), label


def goes_with(row: type[models.Model], gone: type[models.Model]) -> bool:
    return any(
        field.related_model is gone and field.remote_field.on_delete is models.CASCADE
        for field in row._meta.get_fields()
        if isinstance(field, models.ForeignKey)
    )


def age_of(name: str) -> timedelta:
    (rule,) = [rule for rule in RULES if rule.name == name]
    return rule.after


def attempt(state: AttemptState) -> Callable[[datetime], models.Model]:
    def make(at: datetime) -> models.Model:
        row = make_attempt(state=state, started_at=at)
        Claim.objects.create(attempt=row, vehicle_id="vhcl" + "0" * 26)
        return row

    return make


def reconnect(state: State, *, batch: Batch | None = None) -> Callable[[datetime], models.Model]:
    def make(at: datetime) -> models.Model:
        row = Reconnect.objects.create(vehicle=make_vehicle(), state=state, ended_at=at, batch=batch)
        ReconnectEvent.objects.create(reconnect=row, state=state, at=at)
        return row

    return make


def act_of_staff(at: datetime) -> models.Model:
    user = make_owner()
    LogEntry.objects.log_actions(user.pk, User.objects.filter(pk=user.pk), CHANGE, "x", single_object=True)
    LogEntry.objects.filter(user=user).update(action_time=at)
    return LogEntry.objects.get(user=user)


def audited(at: datetime) -> models.Model:
    entry = record(act=Act.CHANGED, actor=POLICY, about=about(make_owner()))
    AuditEntry.objects.filter(pk=entry.pk).update(at=at)
    return entry


CASES: dict[str, list[Callable[[datetime], models.Model]]] = {
    "attempts to connect a car that came to nothing": [
        attempt(state) for state in AttemptState if state != AttemptState.CONNECTED
    ],
    "attempts that connected a car": [attempt(AttemptState.CONNECTED)],
    "reconnects that ended": [reconnect(state) for state in (State.RECONNECTED, State.FAILED, State.EXPIRED)],
    "batches without a reconnect left": [lambda at: Batch.objects.create(kind="LINKS", created_at=at)],
    "past troubles at manufacturers": [
        lambda at: MakeOutage.objects.create(make=make_make(), began_at=at, lifted_at=at)
    ],
    "cars that are gone at ev.energy": [lambda at: make_vehicle(removed_at=at)],
    "acts of staff and owners' histories": [act_of_staff],
    "the audit log": [audited],
    "that somebody was erased": [lambda at: Erasure.objects.create(erased_at=at, by_kind="STAFF")],
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", CASES)
def test_rows_go_at_their_age_and_not_before(name: str) -> None:
    for make in CASES[name]:
        gone = make(NOW - age_of(name) - TICK)
        kept = make(NOW - age_of(name) + TICK)

        counts = purge(now=NOW)

        assert counts[name] == 1
        assert not type(gone)._default_manager.filter(pk=gone.pk).exists()
        assert type(kept)._default_manager.filter(pk=kept.pk).exists()


@pytest.mark.django_db
def test_what_is_not_over_stays_however_old_it_is() -> None:
    long_ago = NOW - timedelta(days=4000)
    open_reconnect = Reconnect.objects.create(
        vehicle=make_vehicle(), state=State.EMAILED, created_at=long_ago
    )
    batch = Batch.objects.create(kind="EMAILS", created_at=long_ago)
    Reconnect.objects.create(vehicle=make_vehicle(), batch=batch, state=State.EMAILED, created_at=long_ago)
    outage = MakeOutage.objects.create(make=make_make(), began_at=long_ago)
    car = make_vehicle(connected_at=long_ago, read_at=long_ago)

    purge(now=NOW)

    for row in (open_reconnect, batch, outage, car):
        assert type(row)._default_manager.filter(pk=row.pk).exists()
    assert Vehicle.objects.count() == 3
    assert Attempt.objects.count() == 0


@pytest.mark.django_db
def test_each_step_of_a_purge_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many rows are many short transactions, each with a bounded number of keys."""
    monkeypatch.setattr(purging, "BATCH_ROWS", 10)
    owner = make_owner()
    at = NOW - age_of("attempts to connect a car that came to nothing") - TICK
    Attempt.objects.bulk_create(
        [Attempt(owner=owner, state=AttemptState.ABANDONED, started_at=at) for _ in range(35)]
    )

    with CaptureQueriesContext(connection) as queries:
        purge(now=NOW)

    chosen = [sql for sql in map(sql_of, queries) if 'FROM "onboarding_attempt"' in sql and "ORDER BY" in sql]
    deleted = [sql for sql in map(sql_of, queries) if 'DELETE FROM "onboarding_attempt"' in sql]
    assert not Attempt.objects.exists()
    assert len(deleted) == 4
    assert len(chosen) >= 5
    assert all("LIMIT 10" in sql for sql in chosen)


def sql_of(query: dict[str, str]) -> str:
    return query["sql"]
