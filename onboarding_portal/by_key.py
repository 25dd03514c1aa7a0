"""The row with this key, for what every request begins with.

Django builds the SQL of a query anew each time, which for such a look-up takes several times as long as the database
does. Here it is built once, and Django still makes the instance.
"""

from functools import cache
from typing import TypeVar

from django.db import connections, models, router

M = TypeVar("M", bound=models.Model)


def by_key(model: type[M], key: object) -> M | None:
    """Returns what `model.objects.filter(pk=key).first()` returns; `key` must be of the key's own type."""
    database = router.db_for_read(model)
    rows = model._default_manager.using(database).raw(_select(model, database), [key])
    return next(iter(rows), None)


@cache
def _select(model: type[models.Model], database: str) -> str:
    def quoted(name: str | None) -> str:
        return str(connections[database].ops.quote_name(name or ""))

    columns = ", ".join(quoted(field.column) for field in model._meta.concrete_fields)
    table, key = quoted(model._meta.db_table), quoted(model._meta.pk.column)
    return f"SELECT {columns} FROM {table} WHERE {key} = %s"  # noqa: S608  names from the model, none from outside
