"""Queries whose SQL is built once, for the few that owners wait for most: who is signed in, the pick, the attempt.

Django builds the SQL of a query anew each time, which for such short ones takes several times as long as the database
does. Here Django builds it the first time, and still makes the instances.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeVar

from django.db import InterfaceError, OperationalError, connections, models, router
from django.db.models.query import RelatedPopulator, get_related_populators

M = TypeVar("M", bound=models.Model)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Select:
    sql: str
    names: Sequence[str]
    converters: Sequence[tuple[int, Sequence[Callable[..., Any]], Any]]
    related: Sequence[RelatedPopulator]


_selects: dict[tuple[type[models.Model], str, str], _Select] = {}


def by_key(model: type[M], key: Any, *, related: str = "") -> M | None:
    """Returns what `model.objects.filter(pk=key).first()` returns; with `select_related(related)` if that is given.

    `key` must be of the key's own type.
    """
    database = router.db_for_read(model)
    connection = connections[database]
    select = _selects.get((model, related, database))
    if select is None:
        select = _selects[model, related, database] = _build(model, key, related, database)
    row = _first_row(connection, select.sql, key)
    if row is None:
        return None
    values = list(row)
    for place, converters, expression in select.converters:
        for convert in converters:
            values[place] = convert(values[place], expression, connection)
    found = model.from_db(database, select.names, values[: len(select.names)])
    for populator in select.related:
        populator.populate(values, found)
    return found


def insert(instance: models.Model) -> None:
    """Stores a new row as `instance.save(force_insert=True)` does, but sends no signals.

    For models without parents that make their key themselves.
    """
    model = type(instance)
    database = router.db_for_write(model)
    connection = connections[database]
    values = [
        field.get_db_prep_save(field.pre_save(instance, add=True), connection)
        for field in model._meta.concrete_fields
    ]
    with connection.cursor() as cursor:
        cursor.execute(_insert(model, database), values)
    instance._state.adding = False
    instance._state.db = database


def _first_row(connection: Any, sql: str, key: Any) -> tuple[Any, ...] | None:
    """Asks at once where Django would ask first whether the connection, kept from an earlier request, is alive.

    If it is not, it is renewed and asked again, as Django would have done.
    """
    if (
        connection.connection is not None
        and connection.health_check_enabled
        and not connection.health_check_done
    ):
        connection.health_check_done = True
        try:
            return _ask(connection, sql, key)
        except (InterfaceError, OperationalError):
            if connection.in_atomic_block:
                raise
            connection.close()
    return _ask(connection, sql, key)


def _ask(connection: Any, sql: str, key: Any) -> tuple[Any, ...] | None:
    with connection.cursor() as cursor:
        cursor.execute(sql, [key])
        row: tuple[Any, ...] | None = cursor.fetchone()
    return row


def _build(model: type[models.Model], key: Any, related: str, database: str) -> _Select:
    rows = model._default_manager.using(database).filter(pk=key)
    compiler = (rows.select_related(related) if related else rows).query.get_compiler(database)
    sql, _ = compiler.as_sql()
    columns = [expression for expression, _, _ in compiler.select]
    converters = compiler.get_converters(columns)
    return _Select(
        sql=sql,
        names=[columns[place].target.attname for place in compiler.klass_info["select_fields"]],
        converters=[(place, convert, expression) for place, (convert, expression) in converters.items()],
        related=get_related_populators(  # type: ignore[call-arg]  # the stubs are of a later Django
            compiler.klass_info, compiler.select, database
        ),
    )


@cache
def _insert(model: type[models.Model], database: str) -> str:
    quoted: Callable[[str], str] = connections[database].ops.quote_name
    fields = model._meta.concrete_fields
    columns = ", ".join(quoted(field.column or "") for field in fields)
    places = ", ".join(["%s"] * len(fields))
    return f"INSERT INTO {quoted(model._meta.db_table)} ({columns}) VALUES ({places})"  # noqa: S608  model's names
