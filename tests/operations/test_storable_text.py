"""What PostgreSQL does not take is refused at the door, on every database alike."""

import pytest
from django.test import Client

from tests.factories import make_owner, make_staff, make_vehicle

pytestmark = pytest.mark.django_db

PASSWORD_BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(make_staff(is_superuser=True), backend=PASSWORD_BACKEND)
    return client


@pytest.mark.parametrize(
    "address",
    [
        "/admin/vehicles/vehicle/?vehicle_id=%00",
        "/admin/vehicles/vehicle/?make__make_id__exact=%00",
        "/admin/reconnects/reconnect/?state__exact=%00",
        "/admin/accounts/user/?email=%00",
    ],
)
def test_nul_in_a_filter_is_a_bad_request(staff: Client, address: str) -> None:
    response = staff.get(address)

    assert response.status_code == 400
    assert "<h1>" in response.content.decode()


@pytest.mark.parametrize(
    "address",
    [
        "/admin/vehicles/vehicle/%00/change/",
        "/admin/vehicles/vehicle/%00/history/",
        "/admin/catalogue/make/%00/change/",
    ],
)
def test_nul_in_an_address_names_nothing(staff: Client, address: str) -> None:
    assert staff.get(address).status_code == 404


def test_nul_in_a_selection_is_a_bad_request(staff: Client) -> None:
    make_vehicle()

    selection = {"action": "mark_stale", "_selected_action": "\x00"}

    assert staff.post("/admin/vehicles/vehicle/", selection).status_code == 400


@pytest.mark.parametrize("charset", ["raw_unicode_escape", "utf-16"])
def test_charset_of_a_request_without_a_body_means_nothing(charset: str) -> None:
    owner = Client()
    owner.force_login(make_owner())

    response = owner.get("/connect/?q=%5Cud800", headers={"content-type": f"text/plain; charset={charset}"})

    assert response.status_code == 200
    assert "\\ud800" in response.content.decode()
