"""Whether the database is ready for this release: for `check --deploy --database default`, after migrating."""

from collections.abc import Iterator, Sequence
from io import StringIO
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.checks import CheckMessage, Info, Tags, register
from django.core.management import call_command
from django.db import Error as DatabaseFailure
from django.db import NotSupportedError, connections
from django.db.migrations.exceptions import InconsistentMigrationHistory

from onboarding_portal.addresses import address_to_look_up
from onboarding_portal.operations.checks.registry import error


# Only with --deploy, or `migrate` would refuse to migrate because nothing is migrated.
@register(Tags.database, deploy=True)
def is_ready(
    app_configs: Sequence[Any] | None, databases: Sequence[str] | None = None, **_: Any
) -> list[CheckMessage]:
    try:
        return [message for alias in databases or () for message in _missing(alias)]
    except NotSupportedError:
        return [
            error(
                54,
                "DATABASE_URL: the database is too old.",
                "Use the PostgreSQL or SQLite version that Django's release notes name, or a newer one.",
            )
        ]
    except DatabaseFailure:
        return [
            error(
                50,
                "DATABASE_URL: the database cannot be reached.",
                "Check host, name, user, password and options in DATABASE_URL, and that the database is running.",
            )
        ]


def is_migrated(alias: str) -> bool:
    """Whether every migration of this release is applied. Raises django.db.Error if the database does not answer."""
    try:
        call_command(
            "migrate", database=alias, plan=True, check_unapplied=True, verbosity=0, stdout=StringIO()
        )
    except (SystemExit, InconsistentMigrationHistory):
        return False
    return True


def _missing(alias: str) -> Iterator[CheckMessage]:
    yield from _narrow_encoding(alias)
    if not is_migrated(alias):
        yield error(51, "The database is older than this release.", "Run python manage.py migrate --noinput")
    else:
        yield from _odd_addresses(alias)
    cache = settings.CACHES["default"]
    connection = connections[alias]
    is_table = cache["BACKEND"].endswith("DatabaseCache")
    if is_table and cache["LOCATION"] not in connection.introspection.table_names():
        yield error(52, "The cache's table is missing.", "Run python manage.py createcachetable")


def _narrow_encoding(alias: str) -> Iterator[CheckMessage]:
    connection = connections[alias]
    connection.ensure_connection()
    if connection.vendor != "postgresql":  # SQLite stores every text
        return
    if connection.connection.info.parameter_status("server_encoding") != "UTF8":
        yield error(
            55,
            "DATABASE_URL: the database's encoding is not UTF8: a name it has no letters for would be an error.",
            "Make a database with createdb --encoding=UTF8 --template=template0 and set DATABASE_URL to it.",
        )


def _odd_addresses(alias: str) -> Iterator[CheckMessage]:
    """Users whose address has another spelling that is somebody's, or cannot be mailed: nobody signs in as them."""
    rows = get_user_model().objects.using(alias).order_by("pk").values_list("pk", "email").iterator()
    odd = [str(pk) for pk, email in rows if address_to_look_up(email) != email or not email.isascii()]
    if odd:
        # No more than a note: a release must not fail because of what an owner once typed.
        yield Info(
            f"{len(odd)} users have an address that is another user's mailbox, or cannot be mailed: "
            f"{', '.join(odd[:20])}",
            hint="Correct or delete them in the admin, at /admin/accounts/user/<number>/change/.",
            id="portal.I053",
        )
