"""Queries whose SQL is built once do what Django's own would."""

import psycopg
import pytest
from django.db import connection
from django.db.models import Model
from django.test import Client

from onboarding_portal.accounts.models import Session, User
from onboarding_portal.built_once import by_key, insert
from onboarding_portal.catalogue.models import Make
from onboarding_portal.onboarding.models import Attempt
from tests.factories import NOW, make_id, make_make, make_owner

pytestmark = pytest.mark.django_db


def values_of(row: Model) -> list[object]:
    assert not row.get_deferred_fields()
    return [getattr(row, field.attname) for field in row._meta.concrete_fields]


def test_a_row_read_by_its_key_is_the_one_django_reads(django_assert_num_queries) -> None:
    owner = make_owner()
    make_owner()

    with django_assert_num_queries(1):
        found = by_key(User, owner.pk)

    assert found is not None
    expected = User.objects.get(pk=owner.pk)
    assert values_of(found) == values_of(expected)


@pytest.mark.parametrize("key", ["", "' OR 1=1 --", "%s", make_id("vmak")])
def test_a_key_nobody_has_finds_nothing(key: str) -> None:
    make_make()

    assert by_key(Make, key) is None


def test_a_row_is_read_with_the_one_it_points_at(client: Client, django_assert_num_queries) -> None:
    owner = make_owner()
    client.force_login(owner)

    with django_assert_num_queries(1):
        session = by_key(Session, client.session.session_key, related="user")
        assert session is not None
        user = session.user

    assert values_of(session) == values_of(Session.objects.get())
    assert values_of(user) == values_of(User.objects.get())


def test_a_row_that_points_at_nothing_is_read_with_nothing(client: Client, django_assert_num_queries) -> None:
    client.session.save()

    with django_assert_num_queries(1):
        session = by_key(Session, client.session.session_key, related="user")
        assert session is not None
        assert session.user is None


def test_a_row_stored_is_the_one_django_stores() -> None:
    stored = Attempt(owner=make_owner(), make_id=make_id("vmak"), started_at=NOW)

    insert(stored)

    assert values_of(Attempt.objects.get()) == values_of(stored)
    assert not stored._state.adding
    stored.refresh_from_db()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_connection_that_died_since_the_last_request_is_renewed(
    django_assert_num_queries,
) -> None:
    owner = make_owner()
    as_kept_from_an_earlier_request(connection)
    with django_assert_num_queries(1):  # nothing but the query asks whether the connection is alive
        assert by_key(User, owner.pk) == owner

    as_kept_from_an_earlier_request(connection)
    with psycopg.connect(connection.connection.info.dsn, autocommit=True) as another:
        another.execute("SELECT pg_terminate_backend(%s)", [connection.connection.info.backend_pid])

    assert by_key(User, owner.pk) == owner


def as_kept_from_an_earlier_request(kept) -> None:
    kept.health_check_enabled = True
    kept.health_check_done = False
