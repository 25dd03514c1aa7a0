import logging
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from requests import ConnectTimeout

from onboarding_portal.accounts.models import User
from onboarding_portal.reconnects.mailed.lasting_link import create_token
from onboarding_portal.reconnects.mailed.sign_of_a_person import GOOD_FOR
from onboarding_portal.reconnects.models import LastingLink, Reconnect, ReconnectEvent, State, hash_token
from onboarding_portal.vehicles.models import NOT_STALE, Integration, Vehicle
from tests.ev_energy_api import EvEnergyApi
from tests.factories import NOW, make_owner
from tests.html_forms import forms_on
from tests.reconnects.rows import LINK, OTHER_LINK, make_broken_car, make_emailed
from tests.tasks import run_tasks

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

IN_AN_HOUR = "2026-03-14T10:30:00Z"


def address(token: str) -> str:
    return reverse("reconnects:lasting", args=[token])


def main_of(page: str) -> str:
    return page.partition("<main")[2].partition("</main>")[0]


def press(client: Client, token: str) -> Any:
    """Opens the page and presses its button, as an owner does."""
    client.get(address(token))
    return client.post(address(token))


def everything_stored() -> list[Any]:
    tables = [Reconnect, ReconnectEvent, LastingLink, Vehicle]
    return [list(table.objects.order_by("pk").values()) for table in tables]


def test_scanner_that_opens_the_link_ten_times_changes_nothing(
    client: Client, ev_energy_api: EvEnergyApi
) -> None:
    _, token = make_emailed()
    before = everything_stored()

    for method in ["get", "head"] * 10:
        assert getattr(client, method)(address(token)).status_code == 200

    assert everything_stored() == before
    assert not ev_energy_api.requests


def test_page_shows_make_and_model_and_nothing_else_of_the_owner(client: Client) -> None:
    vehicle = make_broken_car(description="Anna's runabout")
    _, token = make_emailed(vehicle=vehicle)

    page = client.get(address(token)).content.decode()

    assert "Volvo EX30" in page
    assert "28 March 2026" in page
    for secret in (vehicle.owner.email, vehicle.pk, "Anna", vehicle.owner.ev_energy_user_id):
        assert str(secret) not in page


def test_confirming_leads_to_ev_energy_without_signing_in(ev_energy_api: EvEnergyApi) -> None:
    reconnect, token = make_emailed()
    ev_energy_api.add_reconnect_link(reconnect.vehicle_id, address=LINK, expires_at=IN_AN_HOUR)
    client = Client(enforce_csrf_checks=True)
    client.get(address(token))

    # As browsers send it from a page with the policy "no-referrer".
    response = client.post(address(token), headers={"Origin": "null"})

    assert (response.status_code, response["Location"]) == (302, LINK)
    reconnect.refresh_from_db()
    assert (reconnect.state, reconnect.opened_at, reconnect.redirected_at) == (State.REDIRECTED, NOW, NOW)
    assert list(reconnect.events.order_by("pk").values_list("state", "by")) == [
        (State.OPENED, None),
        (State.REDIRECTED, None),
    ]


def test_scanner_that_sends_the_form_changes_nothing(ev_energy_api: EvEnergyApi) -> None:
    _, token = make_emailed()
    before = everything_stored()

    for fields in [{}, {"again": ""}, {"again": "forged"}, {"again": hash_token(token)}] * 3:
        page = Client().post(address(token), fields)
        assert page.status_code == 200
        assert "One more click" in page.content.decode()

    assert everything_stored() == before
    assert not ev_energy_api.requests


def test_person_without_cookies_needs_one_more_click(ev_energy_api: EvEnergyApi) -> None:
    reconnect, token = make_emailed()
    ev_energy_api.add_reconnect_link(reconnect.vehicle_id, address=LINK, expires_at=IN_AN_HOUR)

    (second,) = [form for form in forms_on(Client().post(address(token))) if "again" in form.fields]

    assert Client().post(address(token), second.fields)["Location"] == LINK


def test_second_button_is_good_for_its_own_link_and_for_a_day(
    ev_energy_api: EvEnergyApi, clock: time_machine.Traveller
) -> None:
    (_, token), (_, other) = make_emailed(), make_emailed()
    fields = next(form.fields for form in forms_on(Client().post(address(token))) if "again" in form.fields)

    assert "One more click" in Client().post(address(other), fields).content.decode()
    clock.shift(GOOD_FOR + timedelta(seconds=1))
    assert "One more click" in Client().post(address(token), fields).content.decode()
    assert not ev_energy_api.requests


def test_one_look_is_sign_enough_for_the_links_of_all_cars(
    client: Client, ev_energy_api: EvEnergyApi
) -> None:
    (_, token), (second, other) = make_emailed(), make_emailed()
    ev_energy_api.add_reconnect_link(second.vehicle_id, address=LINK, expires_at=IN_AN_HOUR)
    client.get(address(token))

    assert client.post(address(other))["Location"] == LINK


def test_confirming_twice_uses_one_link(client: Client, ev_energy_api: EvEnergyApi) -> None:
    reconnect, token = make_emailed()
    ev_energy_api.add_reconnect_link(reconnect.vehicle_id, address=LINK, expires_at=IN_AN_HOUR)

    assert [press(client, token)["Location"] for _ in range(2)] == [LINK, LINK]
    assert len(ev_energy_api.requests) == 1


def test_confirming_days_later_makes_a_fresh_link(
    client: Client, ev_energy_api: EvEnergyApi, clock: time_machine.Traveller
) -> None:
    reconnect, token = make_emailed()
    ev_energy_api.add_reconnect_link(reconnect.vehicle_id, address=LINK, expires_at=IN_AN_HOUR)
    ev_energy_api.add_reconnect_link(
        reconnect.vehicle_id, address=OTHER_LINK, expires_at="2026-03-18T10:30:00Z"
    )
    press(client, token)
    clock.shift(timedelta(days=4))

    assert press(client, token)["Location"] == OTHER_LINK


def test_each_e_mail_of_a_reconnect_has_a_link_that_works(client: Client) -> None:
    reconnect, first = make_emailed()
    second = create_token(reconnect=reconnect, now=NOW)

    assert first != second
    assert [client.get(address(token)).status_code for token in (first, second)] == [200, 200]


def test_link_ends_after_its_lifetime(
    client: Client, ev_energy_api: EvEnergyApi, clock: time_machine.Traveller
) -> None:
    _, token = make_emailed()
    clock.shift(timedelta(days=14))

    for response in (client.get(address(token)), press(client, token)):
        assert response.status_code == 410
        assert reverse("vehicles:list") in response.content.decode()
    assert not ev_energy_api.requests


@pytest.mark.parametrize("state", [State.FAILED, State.EXPIRED, State.CANCELLED, State.RECONNECTED])
def test_link_of_an_ended_reconnect_is_gone(client: Client, ev_energy_api: EvEnergyApi, state: State) -> None:
    reconnect, token = make_emailed()
    Reconnect.objects.filter(pk=reconnect.pk).update(state=state)

    assert press(client, token).status_code == 410
    assert not ev_energy_api.requests


def test_link_is_revoked_once_the_car_is_back(client: Client, ev_energy_api: EvEnergyApi) -> None:
    reconnect, token = make_emailed()
    Vehicle.objects.update(integration=Integration.ACTIVE, **NOT_STALE)

    for response in (client.get(address(token)), press(client, token)):
        assert response.status_code == 200
        assert "already connected" in response.content.decode()
    reconnect.refresh_from_db()
    assert reconnect.state == State.EMAILED
    assert not ev_energy_api.requests


def test_link_opens_nothing_once_its_owner_is_locked_out(client: Client, ev_energy_api: EvEnergyApi) -> None:
    _, token = make_emailed()
    User.objects.update(is_active=False)

    assert client.get(address(token)).status_code == 404
    assert press(client, token).status_code == 404
    assert Reconnect.objects.get().state == State.EMAILED
    assert not ev_energy_api.requests


def test_link_opens_nothing_once_the_car_has_another_owner(
    client: Client, ev_energy_api: EvEnergyApi
) -> None:
    _, token = make_emailed()
    Vehicle.objects.update(owner=make_owner())

    response = press(client, token)

    assert response.status_code == 404
    assert "Volvo" not in response.content.decode()
    assert not ev_energy_api.requests


@pytest.mark.parametrize("fields", [{"removed_at": NOW}, {"is_disabled": True}])
def test_link_of_a_car_that_left_is_gone(
    client: Client, ev_energy_api: EvEnergyApi, fields: dict[str, Any]
) -> None:
    _, token = make_emailed()
    Vehicle.objects.update(**fields)

    assert press(client, token).status_code == 410
    assert not ev_energy_api.requests


@pytest.mark.parametrize("token", ["x", "A" * 43, "A" * 5000, "é", "%00", "OR-1=1--"])
def test_unknown_link_says_what_to_do(client: Client, ev_energy_api: EvEnergyApi, token: str) -> None:
    for response in (client.get(address(token)), press(client, token)):
        assert response.status_code == 404
        assert "e-mail" in response.content.decode()
    assert not ev_energy_api.requests


def test_database_holds_no_token(client: Client) -> None:
    _, token = make_emailed()

    assert token not in str(everything_stored())
    assert LastingLink.objects.get().token_hash == hash_token(token)
    assert client.get(address(LastingLink.objects.get().token_hash)).status_code == 404


def test_page_is_kept_out_of_caches_and_referers(client: Client) -> None:
    _, token = make_emailed()

    for known in (token, "unknown"):
        response = client.get(address(known))
        assert response["Cache-Control"] == "no-store"
        assert response["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("method", ["put", "delete", "patch", "options"])
def test_other_methods_are_refused(client: Client, ev_energy_api: EvEnergyApi, method: str) -> None:
    _, token = make_emailed()
    before = everything_stored()

    assert getattr(client, method)(address(token)).status_code == 405
    assert everything_stored() == before
    assert not ev_energy_api.requests


def test_owner_may_try_again_when_ev_energy_is_down(client: Client, ev_energy_api: EvEnergyApi) -> None:
    reconnect, token = make_emailed()
    path = f"/vehicles/{reconnect.vehicle_id}/reconnect"
    ev_energy_api.add_failure("POST", path, ConnectTimeout())

    response = press(client, token)

    assert response.status_code == 503
    assert "The link in your e-mail goes on working" in response.content.decode()
    assert reconnect.vehicle_id not in response.content.decode()
    reconnect.refresh_from_db()
    assert reconnect.state == State.OPENED
    ev_energy_api.mock.reset()
    ev_energy_api.add_token()
    ev_energy_api.add_reconnect_link(reconnect.vehicle_id, address=LINK, expires_at=IN_AN_HOUR)
    assert press(client, token)["Location"] == LINK


@pytest.mark.parametrize(
    ("status", "shown", "words"),
    [(404, 410, "no longer knows this car"), (422, 422, "the way it was connected")],
)
def test_what_ev_energy_refuses_for_good_ends_the_link_and_says_so(
    client: Client, ev_energy_api: EvEnergyApi, status: int, shown: int, words: str
) -> None:
    reconnect, token = make_emailed()
    path = f"/vehicles/{reconnect.vehicle_id}/reconnect"
    ev_energy_api.add_problem("POST", path, status, breaks_contract=status != 404)

    refusal = press(client, token)
    later = client.get(address(token))

    assert (refusal.status_code, later.status_code) == (shown, 410)
    for page in (refusal.content.decode(), later.content.decode()):
        assert words in page
        assert "has ended" in page
        assert "<form" not in main_of(page)
        assert "Connect it as a new car" in page
    reconnect.refresh_from_db()
    assert reconnect.state == State.FAILED


@pytest.mark.django_db(transaction=True)
def test_car_that_ev_energy_no_longer_knows_is_read_again_at_once_and_found_gone(
    client: Client, ev_energy_api: EvEnergyApi
) -> None:
    reconnect, token = make_emailed()
    ev_energy_api.add_problem("POST", f"/vehicles/{reconnect.vehicle_id}/reconnect", 404)
    ev_energy_api.add_problem("GET", f"/vehicles/{reconnect.vehicle_id}", 404)

    press(client, token)
    run_tasks()

    assert Vehicle.objects.get().removed_at is not None


def test_conflict_keeps_the_link_and_offers_no_button_at_once(
    client: Client, ev_energy_api: EvEnergyApi
) -> None:
    reconnect, token = make_emailed()
    path = f"/vehicles/{reconnect.vehicle_id}/reconnect"
    ev_energy_api.add_problem("POST", path, 409, breaks_contract=True)

    page = press(client, token)

    assert page.status_code == 409
    assert "look again in an hour" in page.content.decode()
    assert "<form" not in main_of(page.content.decode())
    reconnect.refresh_from_db()
    assert (reconnect.state, reconnect.failure) == (State.OPENED, "CONFLICT")


def test_link_in_a_mail_sent_just_before_the_worker_was_killed_works(
    client: Client, ev_energy_api: EvEnergyApi
) -> None:
    reconnect, token = make_emailed()
    Reconnect.objects.update(state=State.QUEUED, emailed_at=None)
    ev_energy_api.add_reconnect_link(reconnect.vehicle_id, address=LINK, expires_at=IN_AN_HOUR)

    assert press(client, token)["Location"] == LINK


def test_too_many_posts_from_one_address_are_refused_and_looking_is_not(
    client: Client, ev_energy_api: EvEnergyApi, settings: Any
) -> None:
    cache.clear()
    settings.ACCOUNT_RATE_LIMITS = {"follow_reconnect_link": "2/15m/ip"}
    _, token = make_emailed()

    statuses = [client.post(address(f"unknown-{number}")).status_code for number in range(3)]

    assert statuses == [404, 404, 429]
    assert client.get(address(token)).status_code == 200


def test_token_reaches_no_log_of_the_portal(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    reconnect, token = make_emailed()
    Reconnect.objects.filter(pk=reconnect.pk).update(state=State.EXPIRED)

    with caplog.at_level(logging.DEBUG, logger="onboarding_portal"):
        client.get(address(token))
        press(client, token)

    assert token not in caplog.text
