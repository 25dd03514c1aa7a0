"""Indexes that find any part of a text, on PostgreSQL (its extension pg_trgm); elsewhere, and without it, none.

Not in the models: a database user without the right to create extensions, and SQLite, do without the indexes, and the
same search reads the whole table there.
"""

import logging
from collections.abc import Sequence
from typing import Any

from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.operations import TrigramExtension
from django.db import ProgrammingError
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

logger = logging.getLogger("onboarding_portal.migrations")

NO_RIGHT = (
    "The database user may not create the extension pg_trgm, so parts of addresses and names are searched for "
    "without an index. To have one: CREATE EXTENSION pg_trgm as a superuser, then see docs/deploy.md"
)


class AddTrigramIndexes(Operation):
    """For a migration of its own with `atomic = False`; the version that still runs goes on writing meanwhile."""

    reduces_to_sql = False

    def __init__(self, model_name: str, indexes: Sequence[GinIndex]) -> None:
        self.model_name = model_name
        self.indexes = indexes

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Nothing: see above."""

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        if schema_editor.connection.vendor != "postgresql":
            return
        try:
            TrigramExtension().database_forwards(app_label, schema_editor, from_state, to_state)
        except ProgrammingError:
            logger.warning(NO_RIGHT)
            return
        self._each(app_label, schema_editor, to_state, "add_index")

    def database_backwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        """The extension stays: others may use it."""
        if schema_editor.connection.vendor == "postgresql":
            self._each(app_label, schema_editor, to_state, "remove_index")

    def _each(self, app_label: str, editor: BaseDatabaseSchemaEditor, state: ProjectState, act: str) -> None:
        model = state.apps.get_model(app_label, self.model_name)
        carry_out: Any = getattr(editor, act)
        for index in self.indexes:
            carry_out(model, index, concurrently=True)

    def describe(self) -> str:
        return f"Index parts of texts of {self.model_name}, on PostgreSQL"
