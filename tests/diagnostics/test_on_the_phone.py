"""A customer is on the phone: the break, what to say, what to do and what others wrote are on one page."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.test import Client
from time_machine import travel

from onboarding_portal.accounts.models import User
from onboarding_portal.accounts.models.sign_in import SignIn
from onboarding_portal.onboarding.models import AttemptState, Claim
from onboarding_portal.vehicles.models import Note, StaleEpisode, StaleReason, Vehicle
from tests.diagnostics.desk import KINDS, add_page, make_car, page_url, queries, sign_in_staff, text_of
from tests.ev_energy_api import EvEnergyApi
from tests.factories import NOW, make_attempt, make_staff

pytestmark = pytest.mark.django_db


def time_line(api: EvEnergyApi, car: Vehicle, staff: Client, query: str = "") -> str:
    for kind in KINDS:
        add_page(api, kind, car, [])
    with travel(NOW, tick=False):
        return " ".join(text_of(staff.get(f"/admin/vehicles/vehicle/{car.pk}/timeline/{query}")).split())


@pytest.mark.parametrize(
    ("reason", "silent_days", "stale_days", "since", "until"),
    [
        (StaleReason.CONNECTION_LOST, 40, 10, "2026-03-03T15:30", "2026-03-04T15:30"),
        (StaleReason.SILENT, 12, 10, "2026-03-01T15:30", "2026-03-02T15:30"),
        (StaleReason.MARKED_BY_STAFF, 0, 0, "2026-03-13T09:31", "2026-03-14T09:31"),
    ],
)
def test_time_line_opens_where_the_car_broke(
    ev_energy_api: EvEnergyApi, reason: StaleReason, silent_days: int, stale_days: int, since: str, until: str
) -> None:
    car = make_car(
        connected_at=NOW - timedelta(days=90),
        stale_reason=reason,
        stale_since=NOW - timedelta(days=stale_days),
        last_status_at=NOW - timedelta(days=silent_days),
    )

    page = time_line(ev_energy_api, car, sign_in_staff())

    asked = queries(ev_energy_api)[0]
    assert (asked["logged_at__gte"][:16], asked["logged_at__lte"][:16]) == (since, until)
    assert (f"since={since.replace(':', '%3A')}&" in page) == (reason != StaleReason.SILENT)


def test_stale_sign_ins_and_changes_of_owner_are_on_the_line(ev_energy_api: EvEnergyApi) -> None:
    hour = timedelta(hours=1)
    car = make_car(stale_since=NOW - 3 * hour)
    StaleEpisode.objects.filter(vehicle=car).delete()
    StaleEpisode.objects.create(
        vehicle=car,
        integration="ACTIVE",
        reason=StaleReason.SILENT,
        connected_since=car.connected_at,
        started_at=NOW - 9 * hour,
        ended_at=NOW - 8 * hour,
        ended_by="DATA",
    )
    User.objects.filter(pk=car.owner_id).update(last_login=NOW - 2 * hour)
    SignIn.objects.create(owner=car.owner, at=NOW - 2 * hour)
    LogEntry.objects.create(
        user_id=car.owner_id,
        content_type=ContentType.objects.get_for_model(Vehicle),
        object_id=car.pk,
        action_flag=CHANGE,
        change_message="Changed hands at ev.energy: from user 1 to user 2.",
    )
    LogEntry.objects.update(action_time=NOW - 4 * hour)
    attempt = make_attempt(owner=car.owner, state=AttemptState.CONNECTED, returned_at=NOW - 5 * hour)
    Claim.objects.create(attempt=attempt, vehicle_id=car.pk, created_at=NOW, next_try_at=NOW)

    page = time_line(ev_energy_api, car, sign_in_staff(), "?since=2026-03-14T00:00&until=2026-03-14T09:30")

    facts = [
        *("<td>Stale</td> <td>Silent</td>", "No longer stale: Data came by itself"),
        *(
            "Changed hands at ev.energy",
            "signed in at the manufacturer and came back",
            "signed in to the portal",
        ),
    ]
    for fact in facts:
        assert fact in page
    assert page.count('<g class="mark mark-portal" transform') == 5


def test_words_acts_and_notes_are_on_the_same_page(ev_energy_api: EvEnergyApi) -> None:
    car, colleague = make_car(), make_staff(email="kim@example.com")
    note = {"owner_id": car.owner_id, "vehicle_id": car.pk, "text": "Calls back <on> Monday"}
    Note.objects.write(**note, by=colleague, now=NOW)

    seen_by_all = time_line(ev_energy_api, car, sign_in_staff())
    may = ["view_diagnostics", "view_vehicle", "change_vehicle", "view_note"]
    seen_by_agent = time_line(ev_energy_api, car, sign_in_staff(*may))

    assert "can be read aloud" in seen_by_all
    assert "Calls back" not in seen_by_all
    assert 'name="action"' not in seen_by_all
    assert "Calls back &lt;on&gt; Monday" in seen_by_agent
    assert "kim@example.com" in seen_by_agent
    assert '<input type="hidden" name="action" value="mark_stale">' in seen_by_agent
    assert "email_reconnect_links" not in seen_by_agent


def test_zone_is_remembered_for_the_colleague_in_any_browser(client: Client) -> None:
    car, staff = make_car(last_status_at=NOW), make_staff(is_superuser=True)
    client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    client.post("/admin/vehicles/vehicle/time-zone/", {"zone": "Asia/Tokyo"})
    other = Client()

    other.post("/admin/login/", {"username": staff.email, "password": "staff-password"})

    assert other.cookies["chosen_time_zone"].value == "Asia/Tokyo"
    assert "14 March 2026, 18:30" in text_of(other.get(f"/admin/vehicles/vehicle/{car.pk}/change/"))
    make_staff(email="next@example.com")
    other.post("/admin/login/", {"username": "next@example.com", "password": "staff-password"})
    assert other.cookies["chosen_time_zone"].value == ""


def test_who_was_signed_out_while_choosing_a_zone_comes_back_to_the_page(ev_energy_api: EvEnergyApi) -> None:
    car, here = make_car(), page_url("timeline", "", make_car())
    page = time_line(ev_energy_api, car, sign_in_staff())
    assert f'action="/admin/vehicles/vehicle/time-zone/?next=%2Fadmin%2Fvehicles%2Fvehicle%2F{car.pk}' in page

    to_sign_in = Client().post(
        f"/admin/vehicles/vehicle/time-zone/?next={here.partition('?')[0]}", {"zone": "UTC"}
    )
    back = sign_in_staff().get(f"/admin/vehicles/vehicle/time-zone/?next={here.partition('?')[0]}")

    assert "next=/admin/vehicles/vehicle/time-zone/%3Fnext%3D" in to_sign_in["Location"]
    assert back["Location"] == here.partition("?")[0]


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "x"])
def test_zone_form_leads_nowhere_else(target: str) -> None:
    assert (
        sign_in_staff().get("/admin/vehicles/vehicle/time-zone/", {"next": target})["Location"] == "/admin/"
    )
