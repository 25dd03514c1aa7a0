"""Whatever staff type into the address of a list: they get the plain list, or a refusal, never a crash."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.db import DataError, OperationalError, connection, models, transaction
from django.test import Client, RequestFactory
from django.urls import reverse

from onboarding_portal.accounts.admin.invitations import FileFilter
from onboarding_portal.accounts.staff.model_admin import StaffModelAdmin
from onboarding_portal.api.events.endpoints import make_endpoint
from onboarding_portal.onboarding.admin import PickedMakeFilter
from onboarding_portal.onboarding.tasks import read_back_due_attempts
from tests.factories import make_staff, make_vehicle
from tests.log_check import collected
from tests.reconnects.rows import make_broken_car, make_emailed

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

# Chosen by a link on another page, and shown only then.
BY_LINK_ALONE = [FileFilter, PickedMakeFilter]


def list_of(model: type[models.Model]) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


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
    url = list_of(model)

    for name, value in broken_lookups(model):
        with transaction.atomic():  # PostgreSQL takes nothing more after an error, in a test's transaction
            response = staff.get(url, {name: value})
            transaction.set_rollback(True)

        assert response.status_code in {200, 302, 400}, (name, value)
        assert response.status_code != 302 or response["Location"] == f"{url}?e=1", (name, value)


@pytest.fixture
def refused_count() -> Iterator[None]:
    """The database refuses what a filter came to, once it counts the rows."""

    def refuse(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if "COUNT" in sql:
            raise DataError("year out of range")
        return execute(sql, *rest)

    with connection.execute_wrapper(refuse):
        yield


@pytest.mark.usefixtures("refused_count")
def test_broken_lookup_leads_back_to_the_plain_list_and_is_noted(staff: Client) -> None:
    response = staff.get("/admin/accounts/user/?is_active__exact=1")

    assert (response.status_code, response["Location"]) == (302, "/admin/accounts/user/?e=1")
    assert [line for line in collected.lines if "does not take its filters" in line]


@pytest.mark.parametrize("value", ["is_active__exact=abc", "ev_energy_user_id__isempty=7"])
def test_value_that_a_filter_does_not_know_leads_back_to_the_plain_list(staff: Client, value: str) -> None:
    response = staff.get(f"/admin/accounts/user/?{value}")

    assert (response.status_code, response["Location"]) == (302, "/admin/accounts/user/?e=1")
    assert "The filters in this address could not be read" in staff.get(response["Location"]).content.decode()


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_value_that_is_no_choice_of_a_filter_is_told_on_every_list(
    staff: Client, model: type[models.Model]
) -> None:
    url = list_of(model)
    shown = staff.get(url).context["cl"]
    filters = shown.filter_specs
    names = [each.parameter_name for each in filters if isinstance(each, admin.SimpleListFilter)]
    names += [each.lookup_kwarg for each in filters if isinstance(each, admin.ChoicesFieldListFilter)]

    for name in names:
        answer = staff.get(url, {name: "no such choice"}, follow=True)

        assert answer.redirect_chain == [(f"{url}?e=1", 302)], name
        assert answer.content.decode().count("The filters in this address could not be read") == 1
    assert "could not be read" not in staff.get(url).content.decode()


HOSTILE = ["regex", "iregex", "startswith", "istartswith", "contains", "gt", "lte", "in", "range", "year"]
HOSTILE_FOR_ANY = [
    *("pk", "id", "pk__in", "pk__regex", "nope", "__"),
    *(
        "password",
        "password__regex",
        "token_hash__startswith",
        "url",
        "url__startswith",
        "session_nonce__regex",
    ),
    *("sessions__session_key__regex", "owner__password__regex", "user__password__startswith"),
    *("vehicle__owner__password__iregex", "requested_by__password__regex", "logentry__user__password__regex"),
]


def hostile_lookups(model: type[models.Model]) -> Iterator[str]:
    yield from HOSTILE_FOR_ANY
    for field in model._meta.get_fields(include_hidden=True):
        yield from (f"{field.name}__{lookup}" for lookup in HOSTILE)
        if field.is_relation and isinstance(field.related_model, type):
            names = [other.name for other in field.related_model._meta.concrete_fields]
            yield from (f"{field.name}__{name}__{lookup}" for name in names for lookup in ("regex", "iregex"))


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_no_list_takes_a_lookup_that_is_not_one_of_its_filters(
    rf: RequestFactory, model: type[models.Model]
) -> None:
    model_admin, request = admin.site.get_model_admin(model), rf.get(list_of(model))

    taken = [each for each in hostile_lookups(model) if model_admin.lookup_allowed(each, "1", request)]

    assert isinstance(model_admin, StaffModelAdmin)
    assert not taken


@pytest.mark.parametrize("lookup", HOSTILE_FOR_ANY)
def test_a_lookup_that_is_not_allowed_is_a_bad_request(staff: Client, lookup: str) -> None:
    for model in MODELS:
        assert staff.get(list_of(model), {lookup: "1"}).status_code == 400, model


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_each_list_takes_what_its_own_filters_offer(staff: Client, model: type[models.Model]) -> None:
    make_emailed(vehicle=make_broken_car())
    read_back_due_attempts.enqueue()
    make_endpoint(name="CRM", url="https://crm.example.com/events")
    make_endpoint(name="Billing", url="https://billing.example.com/events")
    shown = staff.get(list_of(model)).context["cl"]

    offered = [choice["query_string"] for each in shown.filter_specs for choice in each.choices(shown)]

    shown_always = [each for each in shown.list_filter if each not in BY_LINK_ALONE]
    assert len(shown.filter_specs) == len(shown_always)
    for query in (*offered, "?q=a&o=1.-2&p=1&all="):
        assert staff.get(list_of(model) + query).status_code == 200, query


def test_database_that_is_down_is_not_taken_for_a_broken_lookup(staff: Client) -> None:
    def refuse(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        if "COUNT" in sql:
            raise OperationalError("server closed the connection unexpectedly")
        return execute(sql, *rest)

    staff.raise_request_exception = False
    with connection.execute_wrapper(refuse):
        response = staff.get("/admin/accounts/user/?is_active__exact=1")

    assert response.status_code == 503
