"""Who may read logs."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from onboarding_portal.reconnects.models import State
from tests.diagnostics.desk import (
    KINDS,
    add_entry,
    add_page,
    entry_json,
    make_car,
    minutes_ago,
    page_url,
    sign_in_staff,
)
from tests.ev_energy_api import EvEnergyApi
from tests.factories import make_id, make_owner
from tests.reconnects.rows import make_reconnect

pytestmark = pytest.mark.django_db

PAGES = [
    ("timeline", ""),
    *(("list", kind) for kind in KINDS),
    *(("entry", kind) for kind in KINDS),
]


@pytest.mark.parametrize(("place", "kind"), PAGES)
def test_anonymous_visitor_is_asked_to_sign_in_as_staff(place: str, kind: str) -> None:
    answer = Client().get(page_url(place, kind, make_car()))
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/admin/login/")


@pytest.mark.parametrize(("place", "kind"), PAGES)
def test_owner_cannot_read_logs_even_of_the_own_car(place: str, kind: str) -> None:
    car, client = make_car(), Client()
    client.force_login(car.owner, backend="django.contrib.auth.backends.ModelBackend")
    answer = client.get(page_url(place, kind, car))
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith("/admin/login/")


@pytest.mark.parametrize(("place", "kind"), PAGES)
def test_staff_without_the_permission_are_refused(place: str, kind: str) -> None:
    staff = sign_in_staff("view_vehicle", "change_vehicle", "view_user")
    assert staff.get(page_url(place, kind, make_car())).status_code == 403


@pytest.mark.parametrize(("place", "kind"), PAGES)
def test_staff_with_the_permission_alone_may_read(ev_energy_api: EvEnergyApi, place: str, kind: str) -> None:
    car = make_car()
    for every in KINDS:
        add_page(ev_energy_api, every, car, [])
        add_entry(ev_energy_api, every, car, entry_json(every, car))
    assert sign_in_staff().get(page_url(place, kind, car)).status_code == 200


@pytest.mark.parametrize(("place", "kind"), PAGES)
def test_logs_are_only_read_never_posted_to(place: str, kind: str) -> None:
    assert sign_in_staff().post(page_url(place, kind, make_car())).status_code == 405


def test_zone_is_chosen_by_those_who_may_read_and_by_post_only() -> None:
    address = "/admin/vehicles/vehicle/time-zone/"
    assert sign_in_staff("view_vehicle").post(address, {"zone": "UTC"}).status_code == 403
    assert Client().post(address, {"zone": "UTC"}).status_code == 302
    reader = sign_in_staff()
    assert reader.get(address, {"zone": "UTC"})["Location"] == "/admin/"
    assert "time_zone" not in reader.session
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = sign_in_staff().cookies
    assert strict.post(address, {"zone": "UTC"}).status_code == 403


def test_vehicle_the_portal_does_not_know_is_not_asked_for(ev_energy_api: EvEnergyApi) -> None:
    unknown = make_car()
    unknown.pk = make_id("vhcl")
    for place, kind in PAGES:
        assert sign_in_staff().get(page_url(place, kind, unknown)).status_code == 404
    assert ev_energy_api.requests == []


@pytest.mark.parametrize("may_read", [True, False])
def test_vehicles_page_leads_to_the_logs_of_those_who_may_read_them(may_read: bool) -> None:
    car = make_car()
    rights = ["view_vehicle", "view_diagnostics"] if may_read else ["view_vehicle"]
    page = sign_in_staff(*rights).get(f"/admin/vehicles/vehicle/{car.pk}/change/").content.decode()
    assert (page_url("list", "command", car) in page) is may_read


def test_links_to_what_a_reader_may_not_see_are_left_out(ev_energy_api: EvEnergyApi) -> None:
    car = make_car()
    add_page(ev_energy_api, "error", car, [])
    page = sign_in_staff().get(page_url("list", "error", car)).content.decode()
    assert "/admin/accounts/user/" not in page
    assert f"/admin/vehicles/vehicle/{car.pk}/change/" not in page


@pytest.mark.parametrize("may_see", [True, False])
def test_time_line_leads_to_reconnects_for_those_who_may_see_them(
    ev_energy_api: EvEnergyApi, may_see: bool
) -> None:
    car = make_car()
    reconnect = make_reconnect(State.EMAILED, vehicle=car)
    reconnect.events.create(state=State.EMAILED, at=minutes_ago(60))
    for kind in KINDS:
        add_page(ev_energy_api, kind, car, [])
    rights = ["view_diagnostics", "view_reconnect"] if may_see else ["view_diagnostics"]
    page = sign_in_staff(*rights).get(page_url("timeline", "", car)).content.decode()
    assert "E-mailed" in page
    assert (f"/admin/reconnects/reconnect/{reconnect.pk}/change/" in page) is may_see


def test_permission_can_be_given() -> None:
    permission = Permission.objects.get(codename="view_diagnostics")
    assert permission.name == "Can read the logs of vehicles"
    assert not make_owner().has_perm("vehicles.view_diagnostics")
