"""Whatever staff type into the address of a list: they get the plain list, or a refusal, never a crash."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.db import OperationalError, connection, models, transaction
from django.test import Client
from django.urls import reverse

from tests.factories import make_staff, make_vehicle
from tests.log_check import collected

pytestmark = pytest.mark.django_db

PASSWORD_BACKEND = "django.contrib.auth.backends.ModelBackend"
MODELS = sorted(admin.site._registry, key=lambda model: model._meta.label)
BROKEN = {
    models.CharField: [("regex", "((("), ("iregex", "[z-a]"), ("range", "a"), ("in", "\x00"), ("nope", "1")],
    models.IntegerField: [
        ("gte", "9" * 30),
        ("in", "9" * 30),
        ("range", "1"),
        ("exact", "abc"),
        ("regex", "((("),
    ],
    models.DateTimeField: [
        ("gte", "abc"),
        ("year", "9" * 30),
        ("year", "10000"),
        ("iso_year", "0"),
        ("range", "1"),
    ],
    models.JSONField: [("contains", "{"), ("contained_by", "1"), ("regex", "((("), ("range", "1")],
    models.BooleanField: [("exact", "abc"), ("in", ""), ("range", "1"), ("regex", "(((")],
    models.ForeignKey: [("pk__in", "9" * 30), ("nope", "1"), ("isnull", "abc"), ("gte", "'")],
}
BROKEN_FOR_ANY = {
    "nope": "1",
    "pk__in": "\x00",
    "pk__regex": "(((",
    "pk__range": "1",
    "__": "1",
    "p": "9" * 30,
    "o": "x",
}


@pytest.fixture
def staff() -> Client:
    client = Client()
    client.force_login(make_staff(is_superuser=True), backend=PASSWORD_BACKEND)
    return client


def broken_lookups(model: type[models.Model]) -> Iterator[tuple[str, str]]:
    yield from BROKEN_FOR_ANY.items()
    for field in model._meta.concrete_fields:
        for kind, lookups in BROKEN.items():
            if isinstance(field, kind):
                yield from ((f"{field.name}__{lookup}", value) for lookup, value in lookups)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_broken_lookup_is_no_crash_on_any_list(staff: Client, model: type[models.Model]) -> None:
    make_vehicle()
    url = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")

    for name, value in broken_lookups(model):
        with transaction.atomic():  # PostgreSQL takes nothing more after an error, in a test's transaction
            response = staff.get(url, {name: value})
            transaction.set_rollback(True)

        assert response.status_code in {200, 302, 400}, (name, value)
        assert response.status_code != 302 or response["Location"] == f"{url}?e=1", (name, value)


@pytest.mark.parametrize("lookup", ["email__regex=(((", "joined_at__year=10000", "id__range=1"])
def test_broken_lookup_leads_back_to_the_plain_list_and_is_noted(staff: Client, lookup: str) -> None:
    with transaction.atomic():
        response = staff.get(f"/admin/accounts/user/?{lookup}")
        transaction.set_rollback(True)

    assert (response.status_code, response["Location"]) == (302, "/admin/accounts/user/?e=1")
    assert staff.get(response["Location"]).status_code == 200
    assert [line for line in collected.lines if "does not take its filters" in line]


def test_database_that_is_down_is_not_taken_for_a_broken_lookup(staff: Client) -> None:
    def refuse(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if "COUNT" in sql:
            raise OperationalError("server closed the connection unexpectedly")
        return execute(sql, *rest)

    staff.raise_request_exception = False
    with connection.execute_wrapper(refuse):
        response = staff.get("/admin/accounts/user/?is_active__exact=1")

    assert response.status_code == 503
