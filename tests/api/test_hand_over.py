"""An owner is handed over: the link, what it opens and what it does not, and the way back."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone

from onboarding_portal.accounts.models import User
from onboarding_portal.api.hand_over.outcome import outcome_changed, settle_due
from onboarding_portal.api.models import ApiKey, HandOver, Journey
from onboarding_portal.onboarding.models import Attempt
from onboarding_portal.reconnects.models import CameBack, Reconnect, State
from onboarding_portal.vehicles.models import Vehicle
from tests.api.events.rows import an_endpoint
from tests.api.events.rows import told as told_events
from tests.api.rows import SITE, ApiClient, make_hand_over
from tests.ev_energy_answers import an_id, vehicle_json
from tests.ev_energy_api import EvEnergyApi
from tests.factories import make_make, make_owner, make_staff
from tests.reconnects.rows import make_broken_car

pytestmark = pytest.mark.django_db


def path_of(token: str) -> str:
    return f"/hand-over/{token}/"


@pytest.fixture
def owner() -> User:
    return make_owner(email="annabel@example.com", ev_energy_user_id=an_id("user", 1))


def opened(owner: User, **fields: Any) -> tuple[Client, HandOver]:
    """A browser in which the owner's link was opened and the button pressed."""
    row, token = make_hand_over(owner=owner, **fields)
    browser = Client()
    browser.post(path_of(token))
    return browser, row


def text(answer: Any) -> str:
    return answer.content.decode()


# The link


def test_looking_at_the_link_spends_nothing(owner: User) -> None:
    row, token = make_hand_over(owner=owner, make_id=make_make("Volvo").pk)

    for _ in range(3):
        page = Client().get(path_of(token))
        Client().head(path_of(token))
        row.refresh_from_db()

    assert page.status_code == 200
    assert row.opened_at is None
    assert "Connect your Volvo" in text(page)
    assert "an…@example.com" in text(page)
    assert "annabel" not in text(page)
    assert "www.brightfield.example" in text(page)


@pytest.mark.parametrize(("make", "title"), [("Volvo", "Reconnect your Volvo"), (None, "Reconnect your car")])
def test_the_page_names_the_car_also_where_its_make_is_not_known(
    client: Client, make: str | None, title: str
) -> None:
    car = make_broken_car(make=make_make(make or "Volvo"))
    if make is None:
        Vehicle.objects.update(make=None, model=None)
    _, token = make_hand_over(owner=car.owner, vehicle=car, journey=Journey.RECONNECT)

    page = text(client.get(path_of(token)))

    assert f"<h1>{title}</h1>" in page


def test_scanner_that_sends_the_form_without_having_seen_the_page_spends_nothing(owner: User) -> None:
    row, token = make_hand_over(owner=owner)

    answer = Client(enforce_csrf_checks=True).post(path_of(token))

    row.refresh_from_db()
    assert (answer.status_code, row.opened_at) == (403, None)


def test_button_signs_in_for_the_journey_and_no_more(owner: User) -> None:
    car = make_broken_car(owner=owner)
    browser, _row = opened(owner, make_id=make_make("Volvo").pk)

    closed = ["/vehicles/", f"/vehicles/{car.pk}/", "/account/", "/your-data/", f"/vehicles/{car.pk}/name/"]

    assert browser.get("/connect/").status_code == 200
    for path in closed:
        for answer in (browser.get(path), browser.post(path)):
            assert answer.status_code in {302, 405}, path
            if answer.status_code == 302:
                assert answer.headers["Location"].startswith("/accounts/login/"), path
    assert browser.get("/admin/").status_code == 302
    assert browser.post(f"/vehicles/{car.pk}/reconnect/").headers["Location"].startswith("/accounts/login/")


def test_journey_of_one_car_opens_no_other(owner: User) -> None:
    car, other = make_broken_car(owner=owner), make_broken_car(owner=owner)
    browser, _row = opened(owner, journey=Journey.RECONNECT, vehicle=car)

    assert browser.get(f"/vehicles/{car.pk}/").status_code == 200
    assert browser.get(f"/vehicles/{other.pk}/").status_code == 302
    assert browser.get("/connect/").status_code == 302


def test_an_attempt_of_another_day_is_not_opened(owner: User) -> None:
    earlier = Attempt.objects.create(owner=owner, state="CONNECTED", started_at=timezone.now())
    browser, _row = opened(owner)

    answer = browser.get(f"/connect/return/{earlier.pk}/")

    assert "Your car is connected" not in text(answer)


def test_every_page_of_the_journey_leads_back(owner: User) -> None:
    browser, _row = opened(owner)

    page = browser.get("/connect/")

    assert "Back to <bdi>www.brightfield.example</bdi>" in text(page)
    assert "Sign out" not in text(page)
    assert SITE in page.headers["Content-Security-Policy"]


def test_planted_session_gets_nothing(owner: User) -> None:
    _row, token = make_hand_over(owner=owner)
    browser = Client()
    planted = browser.session
    planted["of"] = "the attacker"
    planted.save()
    browser.cookies[django_settings.SESSION_COOKIE_NAME] = planted.session_key
    browser.post(path_of(token))
    attackers = Client()
    attackers.cookies[django_settings.SESSION_COOKIE_NAME] = planted.session_key

    assert browser.get("/connect/").status_code == 200
    assert attackers.get("/connect/").status_code == 302


def test_who_is_signed_in_is_told_and_signed_out(owner: User) -> None:
    _row, token = make_hand_over(owner=owner)
    browser = Client()
    browser.force_login(make_owner(email="victim@example.com"))

    asked = browser.get(path_of(token))
    browser.post(path_of(token))

    assert "You are signed in as <bdi>victim@example.com</bdi>" in text(asked)
    assert browser.get("/account/").status_code == 302


def test_owner_who_is_signed_in_stays_so(owner: User) -> None:
    _row, token = make_hand_over(owner=owner)
    browser = Client()
    browser.force_login(owner)
    browser.post(path_of(token))

    assert browser.get("/vehicles/").status_code == 200
    gone = browser.post("/hand-over/leave/")
    assert gone.headers["Location"].startswith(SITE)
    assert browser.get("/vehicles/").status_code == 200


def test_language_of_the_site_is_spoken(owner: User) -> None:
    _row, token = make_hand_over(owner=owner, language="de")
    browser = Client()

    asked = browser.get(path_of(token))
    browser.post(path_of(token))

    assert '<html lang="de"' in text(asked)
    assert '<html lang="de"' in text(browser.get("/connect/"))


# Threats: each refused with its own page


def replayed(owner: User) -> Any:
    _row, token = make_hand_over(owner=owner)
    Client().post(path_of(token))
    return Client().post(path_of(token))


def stolen_after_use(owner: User) -> Any:
    _row, token = make_hand_over(owner=owner)
    Client().post(path_of(token))
    return Client().get(path_of(token))


def expired(owner: User) -> Any:
    _row, token = make_hand_over(owner=owner, now=timezone.now() - timedelta(minutes=31))
    return Client().post(path_of(token))


def key_revoked(owner: User) -> Any:
    row, token = make_hand_over(owner=owner)
    row.key.revoke(now=timezone.now())
    return Client().post(path_of(token))


def key_run_out(owner: User) -> Any:
    row, token = make_hand_over(owner=owner)
    ApiKey.objects.filter(pk=row.key_id).update(expires_at=timezone.now())
    return Client().post(path_of(token))


def site_taken_from_the_key(owner: User) -> Any:
    row, token = make_hand_over(owner=owner)
    ApiKey.objects.filter(pk=row.key_id).update(origins=[])
    return Client().post(path_of(token))


def hostile_scheme_in_the_row(owner: User) -> Any:
    _row, token = make_hand_over(owner=owner, return_url="javascript:alert(1)")
    return Client().post(path_of(token))


def made_up(owner: User) -> Any:
    return Client().post(path_of("x" * 43))


def a_nul(owner: User) -> Any:
    return Client().get(path_of("%00"))


def owner_closed(owner: User) -> Any:
    _row, token = make_hand_over(owner=owner)
    User.objects.filter(pk=owner.pk).update(is_active=False)
    return Client().post(path_of(token))


def owner_became_staff(owner: User) -> Any:
    _row, token = make_hand_over(owner=owner)
    User.objects.filter(pk=owner.pk).update(is_staff=True)
    return Client().post(path_of(token))


def key_revoked_on_the_way(owner: User) -> Any:
    browser, row = opened(owner)
    row.key.revoke(now=timezone.now())
    return browser.get("/connect/")


def journey_run_out(owner: User) -> Any:
    browser, row = opened(owner)
    HandOver.objects.filter(pk=row.pk).update(opened_at=timezone.now() - timedelta(hours=3))
    return browser.get("/connect/")


def back_button_after_the_end(owner: User) -> Any:
    browser, row = opened(owner)
    HandOver.objects.filter(pk=row.pk).update(ended_at=timezone.now())
    return browser.get("/connect/")


def left_without_a_journey(owner: User) -> Any:
    return Client().post("/hand-over/leave/")


THREATS: dict[str, tuple[Callable[[User], Any], int, str]] = {
    "the link again, in another browser": (replayed, 410, "This link was used before"),
    "a thief with a link that was used": (stolen_after_use, 410, "This link was used before"),
    "a link past its half hour": (expired, 410, "This link is too old"),
    "a link of a revoked key": (key_revoked, 403, "This link does not count any more"),
    "a link of a key that has run out": (key_run_out, 403, "This link does not count any more"),
    "a site the key allows no more": (site_taken_from_the_key, 403, "This link does not count any more"),
    "a hostile scheme in the database": (hostile_scheme_in_the_row, 403, "This link does not count any more"),
    "a made-up link": (made_up, 404, "We do not know this link"),
    "a NUL for a link": (a_nul, 404, "We do not know this link"),
    "an owner whose account is closed": (owner_closed, 404, "We do not know this link"),
    "an owner who is staff by now": (owner_became_staff, 404, "We do not know this link"),
    "a key revoked on the way": (key_revoked_on_the_way, 403, "This journey has ended"),
    "a journey that took too long": (journey_run_out, 403, "This journey has ended"),
    "the Back button after the end": (back_button_after_the_end, 403, "This journey has ended"),
    "the way back without a journey": (left_without_a_journey, 404, "We do not know this link"),
}


@pytest.mark.parametrize("threat", THREATS)
def test_threat_is_refused_with_its_own_page(
    owner: User, threat: str, table_cell: Callable[..., None]
) -> None:
    attack, status, heading = THREATS[threat]

    page = attack(owner)

    table_cell("Links that hand owners over", row=threat, column="answer", says=f"{status} {heading}")
    assert page.status_code == status
    assert f"<h1>{heading}</h1>" in text(page)
    assert "javascript:" not in text(page)
    assert "_auth_user_id" not in page.client.session


def test_ending_all_sessions_ends_a_hand_over(owner: User) -> None:
    browser, _row = opened(owner)
    User.objects.get(pk=owner.pk).end_sessions()

    assert browser.get("/connect/").status_code == 302


def test_the_same_browser_goes_on_after_a_second_press(owner: User) -> None:
    row, token = make_hand_over(owner=owner)
    browser = Client()
    answers = [browser.post(path_of(token)), browser.post(path_of(token)), browser.get(path_of(token))]

    assert [answer.headers["Location"] for answer in answers] == ["/connect/"] * 3
    assert row.owner == owner


def test_owner_handed_over_again_and_signed_in_then_is_new_once(owner: User) -> None:
    an_endpoint()
    User.objects.filter(pk=owner.pk).update(last_login=None, ev_energy_user_id=None)
    for looks_for_cars in (1, 0):
        _row, token = make_hand_over(owner=owner)
        assert Client().post(path_of(token)).status_code == 302
        due = User.objects.exclude(cars_due_at=None)
        assert due.update(cars_due_at=None) == looks_for_cars
    User.objects.get(pk=owner.pk).note_first_sign_in(now=timezone.now())  # by a code

    assert told_events() == ["owner.created"]


# Outcomes: what the address says, what the API says, and what was told, agree


@pytest.fixture
def told() -> Iterator[list[str]]:
    heard: list[str] = []

    def hear(hand_over: HandOver, **_more: object) -> None:
        heard.append(hand_over.outcome)

    outcome_changed.connect(hear)
    yield heard
    outcome_changed.disconnect(hear)


def leave_to_connect(browser: Client) -> Attempt:
    page = browser.get("/connect/at-ev-energy/")
    version = text(page).partition('name="text_version" value="')[2].partition('"')[0]
    answer = browser.post("/connect/start/", {"text_version": version})
    assert answer.status_code == 302
    return Attempt.objects.latest("started_at")


def connected(owner: User, ev_energy_api: EvEnergyApi) -> tuple[HandOver, Any]:
    ev_energy_api.add_user({"id": owner.ev_energy_user_id, "email": owner.email})
    ev_energy_api.add_vehicle(vehicle_json(1, user=1))
    browser, row = opened(owner)
    attempt = leave_to_connect(browser)
    return row, browser.get(
        f"/connect/return/{attempt.pk}/", {"vehicle_uid": an_id("vhcl", 1), "vehicle_id": 1}, follow=True
    )


def cancelled_there(owner: User, ev_energy_api: EvEnergyApi) -> tuple[HandOver, Any]:
    browser, row = opened(owner)
    attempt = leave_to_connect(browser)
    return row, browser.get(f"/connect/return/{attempt.pk}/?error=access_denied", follow=True)


def left_by_the_button(owner: User, ev_energy_api: EvEnergyApi) -> tuple[HandOver, Any]:
    browser, row = opened(owner)
    browser.get("/connect/")
    return row, browser.post("/hand-over/leave/")


def read_back_later(owner: User, ev_energy_api: EvEnergyApi) -> tuple[HandOver, Any]:
    ev_energy_api.add_problem("GET", f"/vehicles/{an_id('vhcl', 1)}", 503)
    browser, row = opened(owner)
    attempt = leave_to_connect(browser)
    return row, browser.get(
        f"/connect/return/{attempt.pk}/", {"vehicle_uid": an_id("vhcl", 1), "vehicle_id": 1}, follow=True
    )


def refused(owner: User, ev_energy_api: EvEnergyApi) -> tuple[HandOver, Any]:
    ev_energy_api.add_vehicle(vehicle_json(1, user=2))
    browser, row = opened(owner)
    attempt = leave_to_connect(browser)
    page = browser.get(
        f"/connect/return/{attempt.pk}/", {"vehicle_uid": an_id("vhcl", 1), "vehicle_id": 1}, follow=True
    )
    assert page.status_code == 403  # why, in words; the way back is a button
    return row, browser.post("/hand-over/leave/")


def reconnect_of(owner: User, api: EvEnergyApi, came_back: str) -> tuple[HandOver, Client, Reconnect]:
    car = make_broken_car(owner=owner)
    api.add_reconnect_link(car.pk)
    browser, row = opened(owner, journey=Journey.RECONNECT, vehicle=car)
    assert browser.post(f"/vehicles/{car.pk}/reconnect/").status_code == 302
    browser.get("/return/", {"error": came_back} if came_back else {})
    return row, browser, Reconnect.objects.get(vehicle=car)


def signed_in_again(owner: User, ev_energy_api: EvEnergyApi) -> tuple[HandOver, Any]:
    row, browser, reconnect = reconnect_of(owner, ev_energy_api, "")
    return row, browser.get(f"/vehicles/{reconnect.vehicle_id}/")


def data_has_come(owner: User, ev_energy_api: EvEnergyApi) -> tuple[HandOver, Any]:
    row, browser, reconnect = reconnect_of(owner, ev_energy_api, "")
    assert reconnect.try_move(State.RECONNECTED, now=timezone.now())
    return row, browser.get(f"/vehicles/{reconnect.vehicle_id}/")


def stopped_there(owner: User, ev_energy_api: EvEnergyApi) -> tuple[HandOver, Any]:
    row, browser, reconnect = reconnect_of(owner, ev_energy_api, "access_denied")
    assert reconnect.came_back_with == CameBack.STOPPED
    return row, browser.get(f"/vehicles/{reconnect.vehicle_id}/")


def broken_there(owner: User, ev_energy_api: EvEnergyApi) -> tuple[HandOver, Any]:
    row, browser, reconnect = reconnect_of(owner, ev_energy_api, "server_error")
    assert browser.get(f"/vehicles/{reconnect.vehicle_id}/").status_code == 200
    return row, browser.post("/hand-over/leave/")


def works_already(owner: User, ev_energy_api: EvEnergyApi) -> tuple[HandOver, Any]:
    car = make_broken_car(owner=owner)
    browser, row = opened(owner, journey=Journey.RECONNECT, vehicle=car)
    Vehicle.objects.filter(pk=car.pk).update(integration="ACTIVE", stale_since=None, stale_reason="")
    return row, browser.get(f"/vehicles/{car.pk}/")


OUTCOMES: dict[Callable[..., tuple[HandOver, Any]], str] = {
    connected: "connected",
    cancelled_there: "cancelled",
    left_by_the_button: "cancelled",
    read_back_later: "pending",
    refused: "refused",
    signed_in_again: "pending",
    data_has_come: "connected",
    stopped_there: "cancelled",
    broken_there: "refused",
    works_already: "connected",
}


@pytest.mark.parametrize("way", OUTCOMES, ids=lambda way: way.__name__)
def test_address_api_and_what_is_told_agree(
    way: Callable[..., tuple[HandOver, Any]],
    owner: User,
    ev_energy_api: EvEnergyApi,
    api: ApiClient,
    told: list[str],
) -> None:
    row, answer = way(owner, ev_energy_api)
    if answer.redirect_chain if hasattr(answer, "redirect_chain") else False:
        address = answer.redirect_chain[-1][0]
    else:
        address = answer.headers["Location"]
    said = parse_qs(urlsplit(address).query)

    outcome = OUTCOMES[way]
    assert address.startswith(f"{SITE}/cars?from=portal&")
    assert (said["session_id"], said["outcome"]) == ([str(row.pk)], [outcome])
    assert api.get(f"/sessions/{row.pk}").json()["outcome"] == outcome
    assert told[-1] == outcome
    assert len(told) == len(set(told))


def test_link_nobody_opened_has_expired(owner: User, api: ApiClient, told: list[str]) -> None:
    row, _token = make_hand_over(owner=owner)
    with time_machine.travel(timezone.now() + timedelta(minutes=31)):
        settle_due()

        assert api.get(f"/sessions/{row.pk}").json()["outcome"] == "expired"
    assert told == ["expired"]


def test_owner_who_never_came_back_has_expired_and_a_late_car_counts(
    owner: User, api: ApiClient, told: list[str]
) -> None:
    browser, row = opened(owner)
    attempt = leave_to_connect(browser)
    with time_machine.travel(timezone.now() + timedelta(hours=3)):
        settle_due()
        Attempt.objects.filter(pk=attempt.pk).update(state="CONNECTED")
        settle_due()  # not due again yet
        later = api.get(f"/sessions/{row.pk}").json()

    assert told == ["expired", "connected"]
    assert later["outcome"] == "connected"


def test_outcome_is_not_looked_at_for_ever(owner: User) -> None:
    _browser, row = opened(owner)
    with time_machine.travel(timezone.now() + timedelta(days=5)):
        settle_due()

    row.refresh_from_db()
    assert (row.outcome, row.look_at) == ("expired", None)


def test_staff_see_hand_overs(client: Client, owner: User) -> None:
    row, _token = make_hand_over(owner=owner, reference="customer 4711")
    client.force_login(make_staff(is_superuser=True), backend="django.contrib.auth.backends.ModelBackend")

    assert "customer 4711" in text(client.get("/admin/api/handover/"))
    assert client.get(f"/admin/api/handover/{row.pk}/change/").status_code == 200
