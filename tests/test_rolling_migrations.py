"""A migration newer than the last release neither locks the version that still runs, nor breaks it.

The judge is django-migration-linter: it looks at the SQL that would run, so that no kind of operation escapes it.
django-safemigrate only does what the author of a migration says of it.
"""

import json
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import connection, models
from django.db.migrations import Migration
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import (
    AddField,
    AddIndex,
    AlterField,
    CreateModel,
    DeleteModel,
    RemoveField,
    RenameField,
    RenameModel,
)
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django_migration_linter.sql_analyser import PostgresqlAnalyser, analyse_sql_statements

pytestmark = [pytest.mark.postgres, pytest.mark.django_db]

RELEASED: dict[str, str] = json.loads((settings.BASE_DIR / "tests/rehearsal/released.json").read_text())[
    "migrations"
]
OURS = {config.label for config in apps.get_app_configs() if config.name.startswith("onboarding_portal.")}


def complaints(migration: Migration, state: ProjectState) -> set[str]:
    """The codes of the linter's complaints; a warning of its is one as well."""
    with connection.schema_editor(collect_sql=True, atomic=migration.atomic) as editor:
        migration.apply(state, editor, collect_sql=True)
    statements = [line for line in editor.collected_sql if not line.startswith("--")]
    if migration.atomic:
        statements = ["BEGIN;", *statements, "COMMIT;"]
    errors, _ignored, warnings = analyse_sql_statements(PostgresqlAnalyser, statements)
    return {issue.code for issue in (*errors, *warnings)}


def newer_than_released(loader: MigrationLoader) -> list[tuple[str, str]]:
    released = {
        key for leaf in RELEASED.items() for key in loader.graph.forwards_plan(leaf) if key[0] in OURS
    }
    return sorted(key for key in loader.disk_migrations if key[0] in OURS and key not in released)


def test_the_last_release_is_one_of_the_migrations_that_are_there() -> None:
    loader = MigrationLoader(connection)

    assert set(RELEASED.items()) <= set(loader.disk_migrations)
    assert len(newer_than_released(loader)) < len(loader.disk_migrations)


@pytest.mark.django_db(transaction=True)
def test_no_migration_since_the_last_release_locks_or_breaks_what_runs() -> None:
    loader = MigrationLoader(connection)
    found = {}
    for key in newer_than_released(loader):
        state = loader.project_state(key, at_end=False)
        found[key] = complaints(loader.disk_migrations[key], state)

    assert {key: codes for key, codes in found.items() if codes} == {}


class NotInATransaction(Migration):
    atomic = False


CAR = CreateModel(
    "Car",
    [("id", models.BigAutoField(primary_key=True)), ("name", models.CharField(max_length=9, null=True))],
)
INDEX = models.Index(fields=["name"], name="car_name")
REFUSED: list[tuple[str, Operation]] = [
    ("NOT_NULL", AddField("Car", "age", models.IntegerField())),
    ("NOT_NULL", AddField("Car", "age", models.IntegerField(default=1))),
    ("NOT_NULL", AlterField("Car", "name", models.CharField(max_length=9))),
    ("DROP_COLUMN", RemoveField("Car", "name")),
    ("DROP_TABLE", DeleteModel("Car")),
    ("RENAME_COLUMN", RenameField("Car", "name", "called")),
    ("RENAME_TABLE", RenameModel("Car", "Vehicle")),
    ("ALTER_COLUMN", AlterField("Car", "name", models.IntegerField(null=True))),
    ("CREATE_INDEX", AddIndex("Car", INDEX)),
    ("ADD_UNIQUE", AlterField("Car", "name", models.CharField(max_length=9, null=True, unique=True))),
]
TAKEN: list[Operation] = [
    AddField("Car", "age", models.IntegerField(null=True)),
    AddField("Car", "age", models.IntegerField(default=1, db_default=1)),
    CreateModel("Trip", [("id", models.BigAutoField(primary_key=True)), ("km", models.IntegerField())]),
    AddIndexConcurrently("Car", INDEX),
]


def judged(operation: Operation) -> set[str]:
    state = ProjectState()
    CAR.state_forwards("garage", state)
    kind: Any = NotInATransaction if isinstance(operation, AddIndexConcurrently) else Migration
    migration = kind("0002_change", "garage")
    migration.operations = [operation]
    return complaints(migration, state)


@pytest.mark.parametrize(
    ("code", "operation"), REFUSED, ids=lambda value: getattr(value, "__class__", value).__name__
)
def test_what_locks_or_breaks_the_running_version_is_refused(code: str, operation: Operation) -> None:
    assert code in judged(operation)


@pytest.mark.parametrize("operation", TAKEN, ids=lambda operation: type(operation).__name__)
@pytest.mark.django_db(transaction=True)
def test_what_does_neither_is_taken(operation: Operation) -> None:
    assert judged(operation) == set()
