import pytest
from django.test import Client

from tests.factories import NOW, make_id, make_make, make_model, make_owner, make_trim

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner_client(client: Client) -> Client:
    client.force_login(make_owner())
    return client


@pytest.mark.parametrize("path", ["/connect/", "/connect/vmak/", "/connect/vmak/vmod/", "/connect/waitlist/"])
def test_visitors_sign_in_first_and_come_back_to_where_they_were(client: Client, path: str) -> None:
    response = client.get(path)

    assert response.status_code == 302
    assert response.headers["Location"] == f"/accounts/login/?next={path}"


def test_makes_are_listed_by_name_and_retired_ones_are_not(owner_client: Client) -> None:
    for name in ("Zeekr", "audi", "BMW", "Škoda"):
        make_make(name)
    make_make("Retired", retired_at=NOW)

    html = owner_client.get("/connect/").content.decode()

    assert html.index("audi") < html.index("BMW") < html.index("Škoda") < html.index("Zeekr")
    assert "Retired" not in html


def test_an_empty_catalogue_offers_ev_energys_own_screen(owner_client: Client) -> None:
    html = owner_client.get("/connect/").content.decode()

    assert "We don’t have the list of cars yet" in html
    assert "Choose at ev.energy" in html


def test_picking_stops_at_the_make_when_it_is_enough(owner_client: Client) -> None:
    tesla = make_make("Tesla", onboardable=True)

    html = owner_client.get(f"/connect/{tesla.pk}/").content.decode()

    assert "Connect your Tesla" in html
    assert f'name="make_id" value="{tesla.pk}"' in html


def test_models_are_asked_for_when_the_make_is_not_enough(owner_client: Client) -> None:
    model = make_model("Kona")

    html = owner_client.get(f"/connect/{model.make_id}/").content.decode()

    assert "Which Volvo is it?" in html
    assert f"/connect/{model.make_id}/{model.pk}/" in html


def test_trims_are_asked_for_when_the_model_is_not_enough(owner_client: Client) -> None:
    trim = make_trim("Twin Motor", onboardable=True, battery_size_wh=69000)

    html = owner_client.get(f"/connect/{trim.model.make_id}/{trim.model_id}/").content.decode()

    assert "Which Volvo EX30 is it?" in html
    assert "Twin Motor" in html
    assert "69 kWh" in html


def test_a_deep_link_to_a_trim_is_ready_to_start(owner_client: Client) -> None:
    trim = make_trim(onboardable=True)

    html = owner_client.get(f"/connect/{trim.model.make_id}/{trim.model_id}/{trim.pk}/").content.decode()

    assert "Connect your Volvo EX30 Twin Motor" in html
    assert f'name="trim_id" value="{trim.pk}"' in html


def test_a_needed_subscription_is_told_before_leaving(owner_client: Client) -> None:
    make = make_make("Volkswagen", onboardable=True, subscription_name="We Connect ID")

    assert "You need We Connect ID." in owner_client.get(f"/connect/{make.pk}/").content.decode()


def test_a_car_that_cannot_be_connected_says_so_and_offers_the_waitlist(owner_client: Client) -> None:
    trim = make_trim(onboardable=False)

    html = owner_client.get(f"/connect/{trim.model.make_id}/{trim.model_id}/").content.decode()

    assert "can’t be connected yet" in html
    assert f'name="model_id" value="{trim.model_id}"' in html
    assert "/connect/start/" not in html


def test_unsupported_models_are_marked_in_the_list(owner_client: Client) -> None:
    model = make_model("Oldtimer", make=make_make("Lada"))

    html = owner_client.get(f"/connect/{model.make_id}/").content.decode()

    assert "Not supported yet" in html


@pytest.mark.parametrize(
    "path", ["nonsense/", "vmak00000000000000000000000000/", "..%2f..%2fetc/", "%00/", "a/b/", "a/b/c/"]
)
def test_unknown_cars_are_not_found(owner_client: Client, path: str) -> None:
    assert owner_client.get(f"/connect/{path}").status_code == 404


def test_a_model_under_another_make_is_not_found(owner_client: Client) -> None:
    assert owner_client.get(f"/connect/{make_make('Kia').pk}/{make_model().pk}/").status_code == 404


def test_search_keeps_the_query_and_escapes_it(owner_client: Client) -> None:
    html = owner_client.get("/connect/", {"q": '<script>"x'}).content.decode()

    assert "<script>" not in html
    assert "We found no car for" in html


@pytest.mark.parametrize("query", ["x" * 5000, "\x00", "%", "💥", "' OR '1'='1"])
def test_odd_queries_are_answered(owner_client: Client, query: str) -> None:
    assert owner_client.get("/connect/", {"q": query}).status_code == 200


def test_pages_take_a_fixed_number_of_queries(owner_client: Client, django_assert_num_queries) -> None:
    make = make_make("Kia")
    for number in range(3):
        make_model(f"EV{number}", make=make)
    with django_assert_num_queries(4):  # session, user, make, models
        owner_client.get(f"/connect/{make.pk}/")
    for number in range(30):
        make_trim(model=make_model(f"Concept {number}", make=make))

    with django_assert_num_queries(4):
        owner_client.get(f"/connect/{make.pk}/")


def test_a_model_needs_its_shape(owner_client: Client) -> None:
    response = owner_client.post("/connect/waitlist/", {"model_id": make_id("vmod") + "x"})

    assert response.status_code == 400
    assert "type its make and model instead" in response.content.decode()
