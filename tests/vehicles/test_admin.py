from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from onboarding_portal.accounts.models import User
from onboarding_portal.vehicles.admin_search_and_filters import CappedPaginator, MakeInUseFilter
from onboarding_portal.vehicles.models import Cause, Integration, StaleReason, Vehicle
from onboarding_portal.vehicles.staff_acts import SAID, Act
from tests.factories import (
    NOW,
    make_id,
    make_make,
    make_model,
    make_owner,
    make_staff,
    make_stale_vehicle,
    make_vehicle,
)

pytestmark = pytest.mark.django_db

LIST = "/admin/vehicles/vehicle/"


@pytest.fixture(autouse=True)
def _it_is_now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def signed_in(client: Client, user: User) -> Client:
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def staff(client: Client) -> Client:
    return signed_in(client, make_staff(is_superuser=True))


def listed(client: Client, query: str = "") -> list[Vehicle]:
    response = client.get(f"{LIST}{query}")
    assert response.status_code == 200
    return list(response.context["cl"].result_list)


def act(client: Client, action: str, *vehicles: Vehicle, query: str = "", **more: str) -> str:
    data = {"action": action, "_selected_action": [vehicle.pk for vehicle in vehicles], **more}
    response = client.post(f"{LIST}{query}", data, follow=True)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_owners_and_visitors_do_not_get_in(client: Client) -> None:
    assert client.get(LIST).status_code == 302
    assert signed_in(client, make_owner()).get(LIST).status_code == 302


def test_staff_need_the_permission_to_view(client: Client) -> None:
    assert signed_in(client, make_staff()).get(LIST).status_code == 403


def test_staff_who_may_only_view_get_no_actions(client: Client) -> None:
    viewer = make_staff()
    viewer.user_permissions.add(Permission.objects.get(codename="view_vehicle"))
    vehicle = make_vehicle()
    signed_in(client, viewer)

    for action in ("mark_stale", "clear_stale", "refresh_from_ev_energy"):
        client.post(LIST, {"action": action, "_selected_action": [vehicle.pk], "confirmed": "yes"})

    vehicle.refresh_from_db()
    assert (vehicle.stale_since, vehicle.refresh_due_at) == (None, None)


def test_the_list_shows_what_staff_need(staff: Client) -> None:
    model = make_model("EX30", make=make_make("Volvo"))
    make_stale_vehicle(owner=make_owner(email="jo@example.com"), model=model, cause=Cause.SIGN_IN_EXPIRED)

    page = staff.get(LIST).content.decode()

    for words in ("jo@example.com", "Volvo EX30", "Disconnected", "Connection lost", "Sign-in expired"):
        assert words in page


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?integration__exact=INACTIVE", {"lost"}),
        ("?stale=yes", {"lost", "silent", "marked"}),
        ("?stale=no", {"fine", "waiting", "removed"}),
        ("?stale_reason__exact=SILENT", {"silent"}),
        ("?cause__exact=ASLEEP_OR_OUT_OF_COVERAGE", {"silent"}),
        ("?silent=2", {"silent"}),
        ("?silent=7", set()),
        ("?silent=never", {"waiting"}),
        ("?removed=yes", {"removed"}),
    ],
)
def test_filters(staff: Client, query: str, found: set[str]) -> None:
    make_stale_vehicle(description="lost", last_status_at=NOW - timedelta(days=1))
    make_stale_vehicle(StaleReason.SILENT, description="silent", cause=Cause.ASLEEP_OR_OUT_OF_COVERAGE)
    make_stale_vehicle(StaleReason.MARKED_BY_STAFF, description="marked", last_status_at=NOW)
    make_vehicle(description="fine")
    make_vehicle(description="waiting", last_status_at=None)
    make_vehicle(description="removed", removed_at=NOW)

    assert {vehicle.description for vehicle in listed(staff, query)} == found


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?is_disabled__exact=1", {"off"}),
        ("?is_disabled__exact=0", {"fine", "charges at once", "not said"}),
        ("?is_smart_charging_on__exact=0", {"charges at once", "off"}),
        ("?is_smart_charging_on__exact=1", {"fine"}),
        ("?is_smart_charging_on__isnull=True", {"not said"}),
    ],
)
def test_filters_for_what_is_switched_off_at_ev_energy(staff: Client, query: str, found: set[str]) -> None:
    make_vehicle(description="fine", is_smart_charging_on=True)
    make_vehicle(description="charges at once", is_smart_charging_on=False)
    make_vehicle(description="off", is_disabled=True, is_smart_charging_on=False)
    make_vehicle(description="not said", is_smart_charging_on=None)

    assert {vehicle.description for vehicle in listed(staff, query)} == found


def test_the_list_has_columns_for_what_is_switched_off_at_ev_energy(staff: Client) -> None:
    make_vehicle(is_disabled=True, is_smart_charging_on=False)

    page = staff.get(LIST).content.decode()

    for column in ("is_enabled", "is_smart_charging_on"):
        cell = page.partition(f'<td class="field-{column}">')[2].partition("</td>")[0]
        assert 'alt="False"' in cell


def test_filter_by_make(staff: Client) -> None:
    volvo = make_vehicle(make=make_make("Volvo"))
    make_vehicle(make=make_make("Kia"))

    assert listed(staff, f"?make__make_id__exact={volvo.make_id}") == [volvo]


def test_the_filter_of_makes_has_those_that_somebody_drives(staff: Client) -> None:
    make_make("Nobody’s")
    for number in range(MakeInUseFilter.most_links):
        make_vehicle(make=make_make(f"Make {number}"))

    few = staff.get(LIST).content.decode()
    last = make_vehicle(make=make_make("The ninth"))
    many = staff.get(f"{LIST}?stale=no").content.decode()

    for page in (few, many):
        assert "Make 7" in page
        assert "Nobody’s" not in page
    assert '<select name="make__make_id__exact"' not in few
    box = many.partition('<select name="make__make_id__exact"')[2].partition("</select>")[0]
    assert f'<option value="{last.make_id}">The ninth</option>' in box
    assert '<input type="hidden" name="stale" value="no">' in many
    assert len(listed(staff, "?make__make_id__exact=&stale=no")) == MakeInUseFilter.most_links + 1


def test_the_longest_silent_come_first_when_staff_look_for_silence(staff: Client) -> None:
    for days in (4, 9, 5):
        make_stale_vehicle(
            StaleReason.SILENT, last_status_at=NOW - timedelta(days=days), description=str(days)
        )

    assert [vehicle.description for vehicle in listed(staff, "?silent=2")] == ["9", "5", "4"]


def test_search_by_whole_vehicle_id(staff: Client) -> None:
    vehicle, _other = make_vehicle(), make_vehicle()

    assert listed(staff, f"?q={vehicle.pk}") == [vehicle]
    assert listed(staff, f"?q=%20{vehicle.pk}%20") == [vehicle]
    assert listed(staff, f"?q={make_id('vhcl')}") == []


def test_search_by_the_owners_id_at_ev_energy(staff: Client) -> None:
    vehicle = make_vehicle()
    make_vehicle()

    assert listed(staff, f"?q={vehicle.owner.ev_energy_user_id}") == [vehicle]


def test_search_by_any_part_of_the_owners_address(staff: Client) -> None:
    vehicle = make_vehicle(owner=make_owner(email="jo.smith@example.com"))
    other = make_vehicle(owner=make_owner(email="x.jo.smith@example.com"))

    assert set(listed(staff, "?q=JO.Smi")) == {vehicle, other}
    assert listed(staff, "?q=x.jo.s") == [other]
    assert listed(staff, "?q=jo_smi") == []
    assert listed(staff, "?q=%25") == []


@pytest.mark.parametrize("term", ["%00", "'", "%2527--", "%F0%9F%9A%97", "a" * 500])
def test_odd_search_terms_do_no_harm(staff: Client, term: str) -> None:
    assert staff.get(f"{LIST}?q={term}").status_code == 200


@pytest.mark.parametrize("query", ["", "?stale=yes", "?q=owner", "?silent=2"])
def test_the_list_takes_a_fixed_number_of_queries(staff: Client, query: str) -> None:
    def queries_with(count: int) -> int:
        for _ in range(count):
            make_stale_vehicle(model=make_model(), last_status_at=NOW - timedelta(days=5))
        with CaptureQueriesContext(connection) as queries:
            listed(staff, query)
        return len(queries)

    assert queries_with(3) == queries_with(60)


def test_counting_stops_where_nobody_pages_any_more(staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(CappedPaginator, "cap", 3)
    for _ in range(5):
        make_vehicle()

    page = " ".join(staff.get(LIST).content.decode().split())

    assert "More than 3 vehicles" in page
    found = " ".join(staff.get(f"{LIST}?stale=no").content.decode().split())
    assert "More than 3 found" in found
    assert "Show all" not in found


def test_small_lists_are_counted_exactly(staff: Client) -> None:
    make_vehicle()

    assert "1 vehicle" in staff.get(LIST).content.decode()


def test_nothing_of_a_car_is_changed_on_its_page(staff: Client) -> None:
    vehicle = make_stale_vehicle(description="Before", staff_notes="Rang in March.")
    path = reverse("admin:vehicles_vehicle_change", args=[vehicle.pk])
    page = staff.get(path).content.decode()

    lists_below = {"reconnects-TOTAL_FORMS": "0", "reconnects-INITIAL_FORMS": "0"}
    forged = {"description": "Forged", "integration": "ACTIVE", "staff_notes": "Forged.", **lists_below}
    refused = staff.post(path, forged)

    vehicle.refresh_from_db()
    assert refused.status_code == 403
    assert vehicle.staff_notes == "Rang in March."
    assert (vehicle.description, vehicle.integration) == ("Before", Integration.INACTIVE)
    assert "The connection is cut" in page
    assert "Rang in March." in page


def test_vehicles_are_neither_added_nor_deleted_by_hand(staff: Client) -> None:
    vehicle = make_vehicle()

    assert staff.get(f"{LIST}add/").status_code == 403
    assert staff.post(f"{LIST}{vehicle.pk}/delete/", {"post": "yes"}).status_code == 403
    act(staff, "delete_selected", vehicle, post="yes")
    assert Vehicle.objects.exists()


def test_an_action_first_says_what_it_would_do(staff: Client) -> None:
    page = act(staff, "mark_stale", make_vehicle(), make_vehicle(), make_vehicle(is_disabled=True))

    assert "This is for 2 vehicles." in page
    assert "1 vehicle is left out" in page
    assert not Vehicle.objects.stale().exists()


def test_staff_mark_and_clear(staff: Client) -> None:
    vehicle = make_vehicle()

    act(staff, "mark_stale", vehicle, confirmed="yes")
    vehicle.refresh_from_db()
    assert vehicle.stale_reason == StaleReason.MARKED_BY_STAFF

    act(staff, "clear_stale", vehicle, confirmed="yes")
    vehicle.refresh_from_db()
    assert vehicle.stale_reason == ""


def test_each_act_is_in_the_vehicles_history_with_who_did_it(staff: Client) -> None:
    marked, left_out = make_vehicle(), make_vehicle(is_disabled=True)

    act(staff, "mark_stale", marked, left_out, confirmed="yes")

    [entry] = LogEntry.objects.all()
    assert (entry.object_id, entry.user.is_superuser, entry.change_message) == (
        marked.pk,
        True,
        str(SAID[Act.MARK_STALE]),
    )
    assert entry.action_time == NOW


def test_refreshing_happens_in_the_background(staff: Client) -> None:
    vehicle, removed = make_vehicle(), make_vehicle(removed_at=NOW)

    confirmation = act(staff, "refresh_from_ev_energy", vehicle, removed)
    page = act(staff, "refresh_from_ev_energy", vehicle, removed, confirmed="yes")

    assert "this takes: less than a minute." in confirmation
    assert "1 vehicle is read again in the background." in page
    vehicle.refresh_from_db()
    removed.refresh_from_db()
    assert (vehicle.refresh_due_at, removed.refresh_due_at) == (NOW, None)


def test_all_that_fit_a_filter_are_acted_on_and_no_others(
    staff: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("onboarding_portal.vehicles.staff_acts.CHUNK", 2)
    lost = [make_stale_vehicle() for _ in range(5)]
    silent = make_stale_vehicle(StaleReason.SILENT)

    query = "?stale_reason__exact=CONNECTION_LOST"
    act(staff, "clear_stale", lost[0], query=query, select_across="1", confirmed="yes")

    assert list(Vehicle.objects.stale()) == [silent]
    assert LogEntry.objects.count() == 5
