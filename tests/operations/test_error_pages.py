"""Whoever is turned away sees the portal's own page, which says what to do next."""

import pytest
from django.test import Client
from pytest_django import Settings

from tests.factories import make_owner, make_staff

pytestmark = [pytest.mark.urls("tests.operations.pages_that_refuse")]

STATUSES = [400, 403, 404, 405, 413, 429, 500]


@pytest.fixture
def visitor() -> Client:
    return Client(raise_request_exception=False)


def _check_page(page: str) -> None:
    assert page.count("<h1>") == 1
    assert "<title>" in page
    assert "Brightfield Energy" in page
    assert "help@brightfield.example" in page
    assert "secret detail" not in page
    assert "style=" not in page


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.django_db
def test_refusal_has_a_page_in_the_portals_look(visitor: Client, status: int) -> None:
    response = visitor.get(f"/{status}/")

    assert response.status_code == status
    _check_page(response.content.decode())


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.django_db
def test_signed_in_owner_sees_it_too(visitor: Client, status: int) -> None:
    visitor.force_login(make_owner())

    _check_page(visitor.get(f"/{status}/").content.decode())


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.django_db
def test_staff_see_it_in_the_look_of_the_admin(visitor: Client, status: int) -> None:
    visitor.force_login(make_staff(), backend="django.contrib.auth.backends.ModelBackend")

    response = visitor.get(f"/admin/{status}/")

    page = response.content.decode()
    assert response.status_code == status
    _check_page(page)
    assert "/static/desk.css" in page
    assert "/static/portal.css" not in page
    assert ("Log out" in page) == (status not in {413, 500})  # those two ask nobody who is there


@pytest.mark.django_db
def test_failed_form_offers_no_reload_of_an_address_that_only_takes_forms(visitor: Client) -> None:
    assert "Try again</a>" in visitor.get("/500/").content.decode()
    assert "Try again</a>" not in visitor.post("/500/").content.decode()


@pytest.mark.usefixtures("unreachable_database")
def test_page_for_what_broke_needs_no_database(visitor: Client) -> None:
    visitor.cookies["session"] = "x" * 32  # a page that asked for the session would ask the database

    response = visitor.get("/500/")

    assert response.status_code == 500
    _check_page(response.content.decode())


def test_request_for_a_foreign_host_is_refused(visitor: Client, settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["portal.example"]

    response = visitor.get("/", headers={"host": "evil.example"})

    assert response.status_code == 400
    _check_page(response.content.decode())
    assert "evil.example" not in response.content.decode()


def test_form_that_lay_open_for_hours_is_explained() -> None:
    response = Client(enforce_csrf_checks=True).post("/accounts/logout/")

    assert response.status_code == 403
    assert "open for too long" in response.content.decode()
