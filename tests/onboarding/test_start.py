from urllib.parse import parse_qsl, urlsplit

import pytest
import requests
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from onboarding_portal.accounts.models import User
from onboarding_portal.catalogue.models import Make
from onboarding_portal.onboarding.models import Attempt, AttemptState
from tests.ev_energy_answers import an_id, user_json
from tests.ev_energy_api import EvEnergyApi
from tests.factories import NOW, make_make, make_model, make_owner, make_trim

pytestmark = pytest.mark.django_db

START = "/connect/start/"


@pytest.fixture
def owner() -> User:
    return make_owner(ev_energy_user_id=an_id("user", 7))


@pytest.fixture
def owner_client(client: Client, owner: User) -> Client:
    client.force_login(owner)
    return client


def sent_to(response) -> list[tuple[str, str]]:
    """The query the owner's browser takes to ev.energy."""
    assert response.status_code == 302
    address = urlsplit(response.headers["Location"])
    assert (
        f"{address.scheme}://{address.netloc}{address.path}" == "https://api.ev.energy/v2/vehicle_onboarding"
    )
    return sorted(parse_qsl(address.query, strict_parsing=True))


def expected(**ids: str) -> list[tuple[str, str]]:
    redirect_uri = f"http://testserver/connect/return/{Attempt.objects.get().pk}/"
    always = {"user_id": an_id("user", 7), "client_id": "portal-client", "redirect_uri": redirect_uri}
    return sorted((always | ids).items())


def test_make_alone_goes_to_ev_energy_with_exactly_these_parameters(owner_client: Client) -> None:
    make = make_make(onboardable=True)

    response = owner_client.post(START, {"make_id": make.pk})

    assert sent_to(response) == expected(make_id=make.pk)


def test_the_return_address_is_the_page_of_returns(owner_client: Client) -> None:
    redirect_uri = dict(sent_to(owner_client.post(START, {})))["redirect_uri"]
    attempt_id = Attempt.objects.get().pk
    assert redirect_uri == f"http://testserver{reverse('onboarding:return', args=[attempt_id])}"


def test_model_goes_with_its_make(owner_client: Client) -> None:
    model = make_model(onboardable=True)

    response = owner_client.post(START, {"make_id": model.make_id, "model_id": model.pk})

    assert sent_to(response) == expected(make_id=model.make_id, model_id=model.pk)


def test_trim_goes_with_make_and_model(owner_client: Client) -> None:
    trim = make_trim(onboardable=True)
    ids = {"make_id": trim.model.make_id, "model_id": trim.model_id, "trim_id": trim.pk}

    assert sent_to(owner_client.post(START, ids)) == expected(**ids)


def test_trim_alone_is_enough(owner_client: Client) -> None:
    trim = make_trim(onboardable=True)

    assert sent_to(owner_client.post(START, {"trim_id": trim.pk})) == expected(trim_id=trim.pk)


def test_no_ids_leave_the_picking_to_ev_energy(owner_client: Client) -> None:
    assert sent_to(owner_client.post(START, {})) == expected()


def test_an_attempt_is_stored_with_what_was_picked(owner_client: Client, owner: User) -> None:
    model = make_model(onboardable=True)

    owner_client.post(START, {"make_id": model.make_id, "model_id": model.pk})

    attempt = Attempt.objects.get()
    assert (attempt.owner, attempt.state) == (owner, AttemptState.STARTED)
    assert (attempt.make_id, attempt.model_id, attempt.trim_id) == (model.make_id, model.pk, "")


def test_a_known_owner_costs_no_call_to_ev_energy(owner_client: Client, ev_energy_api: EvEnergyApi) -> None:
    owner_client.post(START, {"make_id": make_make(onboardable=True).pk})

    assert ev_energy_api.requests == []


def test_the_host_header_never_gets_into_the_return_address(owner_client: Client, settings) -> None:
    settings.ALLOWED_HOSTS = ["*"]

    response = owner_client.post(START, {}, headers={"host": "evil.example"})

    assert dict(sent_to(response))["redirect_uri"].startswith("http://testserver/")


@pytest.mark.parametrize("depth", ["make", "model", "trim"])
def test_a_pick_that_is_not_enough_goes_on_to_the_next_step(owner_client: Client, depth: str) -> None:
    trim = make_trim(onboardable=False)
    ids = {"make": trim.model.make_id, "model": trim.model_id, "trim": trim.pk}
    path = {
        "make": f"/connect/{ids['make']}/",
        "model": f"/connect/{ids['make']}/{ids['model']}/",
        "trim": f"/connect/{ids['make']}/{ids['model']}/{ids['trim']}/",
    }[depth]

    response = owner_client.post(START, {f"{depth}_id": ids[depth]})

    assert (response.status_code, response.headers["Location"]) == (302, path)
    assert not Attempt.objects.exists()


@pytest.mark.parametrize(
    "ids",
    [
        {"make_id": "vmak00000000000000000000000000"},
        {"make_id": "nonsense"},
        {"model_id": "vmod' OR 1=1 --"},
        {"trim_id": "trim" + "0" * 5000},
        {"make_id": "\x00"},
    ],
)
def test_unknown_ids_are_refused_with_a_message(owner_client: Client, ids: dict[str, str]) -> None:
    response = owner_client.post(START, ids)

    assert response.status_code == 400
    assert "Please choose your car again" in response.content.decode()
    assert not Attempt.objects.exists()


def test_contradictory_ids_are_refused_with_a_message(owner_client: Client) -> None:
    response = owner_client.post(
        START, {"make_id": make_make("Kia", onboardable=True).pk, "model_id": make_model(onboardable=True).pk}
    )

    assert response.status_code == 400
    assert not Attempt.objects.exists()


def test_a_retired_car_is_refused(owner_client: Client) -> None:
    make = make_make(onboardable=True, retired_at=NOW)

    assert owner_client.post(START, {"make_id": make.pk}).status_code == 400


@pytest.mark.parametrize("method", ["get", "head"])
def test_starting_by_get_leads_to_the_makes_and_does_nothing(owner_client: Client, method: str) -> None:
    response = getattr(owner_client, method)(START)

    assert (response.status_code, response["Location"]) == (302, "/connect/")
    assert not Attempt.objects.exists()


def test_starting_needs_the_csrf_token(owner: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner)

    assert client.post(START, {}).status_code == 403
    assert not Attempt.objects.exists()


def test_visitors_cannot_start(client: Client) -> None:
    assert client.post(START, {}).headers["Location"].startswith("/accounts/login/")
    assert not Attempt.objects.exists()


@pytest.mark.parametrize("depth", ["none", "make", "model", "trim"])
def test_who_was_signed_out_is_back_at_the_pick_after_signing_in(
    client: Client, owner: User, depth: str
) -> None:
    trim = make_trim(onboardable=True)
    ids = {"make": trim.model.make_id, "model": trim.model_id, "trim": trim.pk}
    path = {
        "none": "/connect/",
        "make": f"/connect/{ids['make']}/",
        "model": f"/connect/{ids['make']}/{ids['model']}/",
        "trim": f"/connect/{ids['make']}/{ids['model']}/{ids['trim']}/",
    }[depth]

    response = client.post(START, {f"{depth}_id": ids[depth]} if depth != "none" else {})

    assert response["Location"] == f"/accounts/login/?next={path}"
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get(path).status_code == 200


def test_a_new_owner_is_made_at_ev_energy_first(client: Client, ev_energy_api: EvEnergyApi) -> None:
    owner = make_owner(ev_energy_user_id=None)
    client.force_login(owner)
    ev_energy_api.add_users()
    ev_energy_api.add_created_user(user_json(7, email=owner.email))

    response = client.post(START, {})

    assert dict(sent_to(response))["user_id"] == an_id("user", 7)
    owner.refresh_from_db()
    assert owner.ev_energy_user_id == an_id("user", 7)


def test_when_ev_energy_is_down_the_owner_may_try_again(client: Client, ev_energy_api: EvEnergyApi) -> None:
    client.force_login(make_owner(ev_energy_user_id=None))
    ev_energy_api.add_failure("GET", "/users", requests.ConnectionError())
    make = make_make(onboardable=True)

    response = client.post(START, {"make_id": make.pk})

    html = response.content.decode()
    assert response.status_code == 503
    assert "Try again" in html
    assert f'name="make_id" value="{make.pk}"' in html
    assert not Attempt.objects.exists()


def test_a_double_click_makes_two_attempts_and_one_user(client: Client, ev_energy_api: EvEnergyApi) -> None:
    owner = make_owner(ev_energy_user_id=None)
    client.force_login(owner)
    ev_energy_api.add_users()
    ev_energy_api.add_created_user(user_json(7, email=owner.email))

    first, second = client.post(START, {}), client.post(START, {})

    assert dict(sent_to(first))["user_id"] == dict(sent_to(second))["user_id"]
    assert sum(request.method == "POST" for request in ev_energy_api.requests) == 1


def test_starting_takes_few_queries(owner_client: Client, django_assert_num_queries) -> None:
    make = make_make(onboardable=True)

    with django_assert_num_queries(6):  # session, user, make, the last attempt, attempt, consent
        owner_client.post(START, {"make_id": make.pk})


def test_a_make_that_is_retired_is_refused_from_then_on(owner_client: Client) -> None:
    make = make_make(onboardable=True)
    assert owner_client.post(START, {"make_id": make.pk}).status_code == 302

    Make.objects.update(retired_at=timezone.now())

    assert owner_client.post(START, {"make_id": make.pk}).status_code == 400


def test_a_make_that_is_new_can_be_picked_at_once(owner_client: Client) -> None:
    new = make_make(onboardable=True)
    Make.objects.all().delete()
    assert owner_client.post(START, {"make_id": new.pk}).status_code == 400

    new.save()

    assert owner_client.post(START, {"make_id": new.pk}).status_code == 302


def test_csp_lets_the_form_go_on_to_ev_energy_and_the_manufacturers(owner_client: Client) -> None:
    policy = owner_client.get("/connect/").headers["Content-Security-Policy"]

    form_action = next(part for part in policy.split(";") if "form-action" in part)
    assert {"'self'", "https:"} <= set(form_action.split())
