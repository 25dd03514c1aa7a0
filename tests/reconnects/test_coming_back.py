"""An owner comes back from ev.energy after a reconnect: every page says what is true."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django_tasks_db.models import DBTaskResult

from onboarding_portal.reconnects.background.tasks import watch_vehicles
from onboarding_portal.reconnects.models import CameBack, Reconnect, State
from onboarding_portal.reconnects.owner.coming_back import MOST_REMEMBERED, REMEMBERED_FOR
from onboarding_portal.vehicles.models import Vehicle
from tests.ev_energy_api import EvEnergyApi
from tests.factories import NOW, make_id, make_make, make_model, make_owner
from tests.reconnects.rows import LINK, OTHER_LINK, make_broken_car, make_emailed, make_reconnect

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

RETURN = reverse("reconnects:return")
IN_AN_HOUR = "2026-03-14T10:30:00Z"
BACKEND = "django.contrib.auth.backends.ModelBackend"
SIGNED_IN = "We are waiting for the first data from your Chevrolet, usually within a minute."
STOPPED = "You stopped before the end."
BROKEN = "Something went wrong at Chevrolet."


def make_chevrolet(**fields: object) -> Vehicle:
    return make_broken_car(model=make_model("Bolt", make=make_make("Chevrolet")), **fields)


def leave(client: Client, api: EvEnergyApi, vehicle: Vehicle, *, token: str = "") -> str:
    """By the button or, with `token`, by the link in an e-mail; returns the page the owner left from."""
    api.add_reconnect_link(vehicle.pk, address=LINK, expires_at=IN_AN_HOUR)
    if token:
        page = reverse("reconnects:lasting", args=[token])
        client.get(page)
        assert client.post(page)["Location"] == LINK
        return page
    client.force_login(vehicle.owner, backend=BACKEND)
    assert client.post(reverse("reconnects:start", args=[vehicle.pk]))["Location"] == LINK
    return reverse("vehicles:detail", args=[vehicle.pk])


def main_of(client: Client, page: str) -> str:
    return client.get(page).content.decode().partition("<main")[2]


def ways_on(main: str) -> int:
    """How many buttons there are beside the one that names the car, which is always there, folded away."""
    return main.partition("</main>")[0].partition("<details")[0].count("<button")


@pytest.mark.parametrize("by_mail", [False, True], ids=["by the button", "by the mail"])
@pytest.mark.parametrize(
    ("query", "outcome", "words", "buttons"),
    [
        ("?vehicle_id=1&vehicle_uid={pk}", CameBack.DONE, SIGNED_IN, 0),
        ("", CameBack.DONE, SIGNED_IN, 0),
        ("?error=access_denied", CameBack.STOPPED, STOPPED, 1),
        ("?error=server_error", CameBack.BROKEN, BROKEN, 1),
        ("?error=", CameBack.BROKEN, BROKEN, 1),
    ],
)
def test_owner_comes_back_to_the_page_they_left_from_and_it_says_what_is_true(
    client: Client,
    ev_energy_api: EvEnergyApi,
    query: str,
    outcome: CameBack,
    words: str,
    buttons: int,
    *,
    by_mail: bool,
) -> None:
    vehicle = make_chevrolet()
    token = make_emailed(vehicle=vehicle)[1] if by_mail else ""
    page = leave(client, ev_energy_api, vehicle, token=token)

    back = client.get(RETURN + query.format(pk=vehicle.pk))

    assert (back.status_code, back["Location"]) == (302, page)
    assert Reconnect.objects.get().came_back_with == outcome
    main = main_of(client, page)
    assert words in main
    assert ways_on(main) == buttons
    assert ("Connection lost" in main) == (outcome != CameBack.DONE and not by_mail)
    assert "Did not get to the end there?" not in main


def test_the_list_of_cars_shows_amber_for_who_signed_in_and_the_cause_for_who_stopped(
    client: Client, ev_energy_api: EvEnergyApi
) -> None:
    vehicle = make_chevrolet()
    leave(client, ev_energy_api, vehicle)
    client.get(RETURN)
    waiting = main_of(client, reverse("vehicles:list"))
    client.get(RETURN, {"error": "access_denied"})
    stopped = main_of(client, reverse("vehicles:list"))

    assert ("Waiting for new data" in waiting, "Connection lost" in waiting) == (True, False)
    assert ("Waiting for new data" in stopped, "Connection lost" in stopped) == (False, True)


def test_after_a_cancel_the_next_click_gets_a_link_nobody_has_opened(
    client: Client, ev_energy_api: EvEnergyApi
) -> None:
    vehicle = make_chevrolet()
    leave(client, ev_energy_api, vehicle)
    ev_energy_api.add_reconnect_link(vehicle.pk, address=OTHER_LINK, expires_at=IN_AN_HOUR)
    client.get(RETURN, {"error": "access_denied"})

    assert client.post(reverse("reconnects:start", args=[vehicle.pk]))["Location"] == OTHER_LINK
    assert Reconnect.objects.get().came_back_with == ""


def test_watch_begins_anew_when_the_owner_has_signed_in(
    client: Client, ev_energy_api: EvEnergyApi, clock: time_machine.Traveller
) -> None:
    leave(client, ev_energy_api, make_chevrolet())
    DBTaskResult.objects.all().delete()
    clock.shift(timedelta(minutes=6))
    client.get(RETURN)
    client.get(RETURN)

    reconnect = Reconnect.objects.get()
    due = NOW + timedelta(minutes=7)
    assert (reconnect.redirected_at, reconnect.next_work_at) == (NOW, due)
    assert set(DBTaskResult.objects.values_list("task_path", "run_after")) == {
        (watch_vehicles.module_path, due)
    }
    assert reconnect.events.filter(note="Came back: done").count() == 1


def test_page_no_longer_promises_a_minute_after_a_quarter_of_an_hour(
    client: Client, ev_energy_api: EvEnergyApi, clock: time_machine.Traveller
) -> None:
    vehicle = make_chevrolet()
    page = leave(client, ev_energy_api, vehicle)
    client.get(RETURN)
    clock.shift(timedelta(minutes=16))
    Reconnect.objects.update(next_work_at=NOW + timedelta(minutes=30))
    client.force_login(vehicle.owner, backend=BACKEND)

    main = main_of(client, page)

    assert "usually within a minute" not in main
    assert "You signed in again today at 09:30." in main
    assert ways_on(main) == 1


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("", "You signed in again"),
        (f"?vehicle_uid={make_id('vhcl')}", "You signed in again"),
        ("?vehicle_uid=%00", "You signed in again"),
        ("?error=access_denied", "You stopped before the end"),
        ("?error=other", "reported a problem"),
    ],
)
@pytest.mark.parametrize("is_signed_in", [False, True])
def test_browser_that_did_not_leave_from_here_is_told_the_same_without_a_car(
    client: Client, query: str, words: str, *, is_signed_in: bool
) -> None:
    reconnect = make_reconnect(State.REDIRECTED)
    if is_signed_in:
        client.force_login(make_owner(), backend=BACKEND)

    page = client.get(RETURN + query)

    assert page.status_code == 200
    assert words in page.content.decode()
    reconnect.refresh_from_db()
    assert reconnect.came_back_at is None


def test_signed_in_owner_comes_back_to_their_car_without_the_cookie(client: Client) -> None:
    reconnect = make_reconnect(State.REDIRECTED)
    client.force_login(reconnect.vehicle.owner, backend=BACKEND)

    back = client.get(RETURN, {"vehicle_uid": reconnect.vehicle_id})

    assert back["Location"] == reverse("vehicles:detail", args=[reconnect.vehicle_id])
    reconnect.refresh_from_db()
    assert reconnect.came_back_with == CameBack.DONE


def test_another_owners_car_in_the_address_is_not_touched(client: Client) -> None:
    reconnect = make_reconnect(State.REDIRECTED)
    client.force_login(make_owner(), backend=BACKEND)

    assert client.get(RETURN, {"vehicle_uid": reconnect.vehicle_id}).status_code == 200
    reconnect.refresh_from_db()
    assert reconnect.came_back_at is None


def test_each_of_two_cars_in_two_tabs_comes_back_to_its_own_page(
    client: Client, ev_energy_api: EvEnergyApi
) -> None:
    owner = make_owner()
    first, second = make_chevrolet(owner=owner), make_broken_car(owner=owner)
    pages = [leave(client, ev_energy_api, vehicle) for vehicle in (first, second)]

    named = [client.get(RETURN, {"vehicle_uid": vehicle.pk})["Location"] for vehicle in (first, second)]
    unnamed = client.get(RETURN, {"error": "access_denied"})["Location"]

    assert named == pages
    assert unnamed == pages[1]


def test_cookie_is_short_lived_signed_and_out_of_reach(
    client: Client, ev_energy_api: EvEnergyApi, clock: time_machine.Traveller
) -> None:
    vehicle = make_chevrolet()
    leave(client, ev_energy_api, vehicle)

    cookie = client.cookies["reconnects"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    assert int(cookie["max-age"]) == REMEMBERED_FOR.total_seconds()
    client.logout()
    client.cookies["reconnects"] = cookie.value.replace("vhcl", "vhcX")
    assert client.get(RETURN).status_code == 200
    client.cookies["reconnects"] = cookie.value
    assert client.get(RETURN).status_code == 302
    clock.shift(REMEMBERED_FOR + timedelta(seconds=1))
    assert client.get(RETURN).status_code == 200


def test_cookie_stays_small_however_many_cars(client: Client, ev_energy_api: EvEnergyApi) -> None:
    for _ in range(MOST_REMEMBERED + 3):
        reconnect, token = make_emailed()
        leave(client, ev_energy_api, reconnect.vehicle, token=token)

    assert len(client.cookies["reconnects"].value) < 2000


@pytest.mark.parametrize("state", [State.QUEUED, State.EMAILED, State.EXPIRED, State.RECONNECTED])
def test_return_to_what_has_moved_on_changes_nothing(
    client: Client, ev_energy_api: EvEnergyApi, state: State
) -> None:
    vehicle = make_chevrolet()
    page = leave(client, ev_energy_api, vehicle)
    Reconnect.objects.update(state=state, url="")
    before = Reconnect.objects.values().get()

    assert client.get(RETURN)["Location"] == page
    assert Reconnect.objects.values().get() == before


def test_looking_ahead_changes_nothing(client: Client, ev_energy_api: EvEnergyApi) -> None:
    leave(client, ev_energy_api, make_chevrolet())

    assert client.head(RETURN).status_code == 302
    assert Reconnect.objects.get().came_back_at is None
    assert client.post(RETURN).status_code == 405
