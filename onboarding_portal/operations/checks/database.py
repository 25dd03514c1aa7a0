"""Whether the database is ready for this release: for `check --deploy --database default`, after migrating."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, register
from django.db import Error as DatabaseFailure
from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from onboarding_portal.operations.checks.registry import error


# Only with --deploy, or `migrate` would refuse to migrate because nothing is migrated.
@register(Tags.database, deploy=True)
def is_ready(
    app_configs: Sequence[Any] | None, databases: Sequence[str] | None = None, **_: Any
) -> list[CheckMessage]:
    try:
        return [message for alias in databases or () for message in _missing(alias)]
    except DatabaseFailure:
        return [
            error(
                50,
                "DATABASE_URL: the database cannot be reached.",
                "Check host, name, user and password in DATABASE_URL, and that the database is running.",
            )
        ]


def _missing(alias: str) -> Iterator[CheckMessage]:
    connection = connections[alias]
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        yield error(51, "The database is older than this release.", "Run python manage.py migrate --noinput")
    cache = settings.CACHES["default"]
    is_table = cache["BACKEND"].endswith("DatabaseCache")
    if is_table and cache["LOCATION"] not in connection.introspection.table_names():
        yield error(52, "The cache's table is missing.", "Run python manage.py createcachetable")
