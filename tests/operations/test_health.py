"""Probes of platforms: no host of ours, no https, no session."""

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from pytest_django import Settings


def test_healthz_answers_without_asking_the_database(client: Client) -> None:
    # There is no database mark: a query would fail this test.
    response = client.get("/healthz")

    assert (response.status_code, response.content) == (200, b"ok\n")
    assert response["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
@pytest.mark.django_db
def test_probe_by_any_host_name_and_without_https_is_answered(
    client: Client, settings: Settings, path: str
) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.ALLOWED_HOSTS = ["portal.example"]

    assert client.get(path, headers={"host": "10.1.2.3:8000"}).status_code == 200
    assert client.head(path, headers={"host": "10.1.2.3:8000"}).status_code == 200


@pytest.mark.django_db
def test_readyz_is_ready_when_every_migration_is_applied(client: Client) -> None:
    assert client.get("/readyz").status_code == 200


@pytest.mark.django_db
def test_readyz_is_not_ready_before_a_new_release_is_migrated(client: Client) -> None:
    MigrationRecorder(connection).migration_qs.filter(app="reconnects").delete()

    response = client.get("/readyz")

    assert (response.status_code, response.content) == (503, b"the database is not migrated\n")


@pytest.mark.usefixtures("unreachable_database")
def test_readyz_is_not_ready_without_a_database_and_tells_no_details(client: Client) -> None:
    response = client.get("/readyz")

    assert (response.status_code, response.content) == (503, b"the database cannot be reached\n")
