"""Operations around charging smartly: what is asked for, what comes out."""

import json
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlsplit

import pytest

from onboarding_portal.ev_energy.client import Client
from onboarding_portal.ev_energy.errors import Forbidden, Invalid, NotFound
from onboarding_portal.ev_energy.smart_charging_operations import Address
from tests.ev_energy_answers import (
    HOME,
    an_id,
    home_json,
    sub_session_json,
    supplier_json,
    tariff_json,
    url,
    user_json,
    vehicle_json,
)
from tests.ev_energy_api import EvEnergyApi

USER, VEHICLE, TARIFF = an_id("user"), an_id("vhcl"), an_id("tari")
FROM, UNTIL = datetime(2026, 3, 13, tzinfo=UTC), datetime(2026, 3, 14, tzinfo=UTC)


def query_of(api: EvEnergyApi, index: int = -1) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(str(api.requests[index].url)).query)


def sent(api: EvEnergyApi) -> object:
    return json.loads(api.requests[-1].body or b"")


def test_home_comes_with_the_names_of_tariff_and_supplier(client: Client, ev_energy_api: EvEnergyApi) -> None:
    tariff = tariff_json(supplier=supplier_json())
    ev_energy_api.add_user(user_json(default_location=home_json(tariff=tariff)))

    home = client.user_at_home(user_id=USER, with_tariff=True).home

    assert home is not None
    assert home.has_address
    assert (home.tariff_id, home.tariff_name, home.supplier_name) == (TARIFF, "Tariff 1", "Supplier 1")
    assert query_of(ev_energy_api) == [("expand", "default_location.tariff.supplier")]


def test_user_without_a_home_has_none(client: Client, ev_energy_api: EvEnergyApi) -> None:
    ev_energy_api.add_user(user_json())

    assert client.user_at_home(user_id=USER, with_tariff=False).home is None
    assert query_of(ev_energy_api) == []


def test_address_is_sent_whole_with_null_for_what_is_empty(
    client: Client, ev_energy_api: EvEnergyApi
) -> None:
    ev_energy_api.add("PATCH", f"/users/{USER}", json=user_json(default_location=home_json()))

    client.set_address(user_id=USER, address=Address(**HOME))

    assert sent(ev_energy_api) == {"default_location": {**HOME, "address_2": None, "state": None}}


def test_refused_address_names_its_fields_and_is_in_no_text(
    client: Client, ev_energy_api: EvEnergyApi
) -> None:
    ev_energy_api.add_problem(
        "PATCH", f"/users/{USER}", 400, field_errors={"default_location.postal_code": ["Wrong."]}
    )
    address = Address(**HOME)

    with pytest.raises(Invalid) as refused:
        client.set_address(user_id=USER, address=address)

    assert refused.value.field_errors == {"default_location.postal_code": ["Wrong."]}
    assert not any(value in f"{address!r} {refused.value}" for value in HOME.values())


def test_tariff_is_sent_as_its_address(client: Client, ev_energy_api: EvEnergyApi) -> None:
    ev_energy_api.add("PATCH", f"/users/{USER}", json=user_json(default_location=home_json()))

    assert client.set_tariff(user_id=USER, tariff_id=TARIFF).user_id == USER
    assert sent(ev_energy_api) == {"default_location": {"tariff": url(f"/tariffs/{TARIFF}")}}


def test_suppliers_come_from_all_numbered_pages(client: Client, ev_energy_api: EvEnergyApi) -> None:
    following = {"Link": f'<{url("/suppliers")}?page=2&page_size=100>; rel="next"'}
    ev_energy_api.add("GET", "/suppliers", json=[supplier_json(1)], headers=following)
    ev_energy_api.add("GET", "/suppliers", json=[supplier_json(2)], query={"page": "2"})

    names = [supplier.name for page in client.suppliers(user_id=USER) for supplier in page.items]

    assert names == ["Supplier 1", "Supplier 2"]
    assert query_of(ev_energy_api) == [
        ("available_for_user_id", USER),
        ("page_size", "100"),
        ("page", "2"),
    ]


def test_tariffs_are_one_suppliers(client: Client, ev_energy_api: EvEnergyApi) -> None:
    ev_energy_api.add("GET", "/tariffs", json=[tariff_json(3, gsp_group="_C")])

    (page,) = client.tariffs(user_id=USER, supplier_id=an_id("supl"))

    assert [(tariff.name, tariff.grid_area) for tariff in page.items] == [("Tariff 3", "_C")]
    assert ("supplier_id", an_id("supl")) in query_of(ev_energy_api)


@pytest.mark.parametrize("is_on", [True, False])
def test_switch_is_set(client: Client, ev_energy_api: EvEnergyApi, is_on: bool) -> None:
    answer = vehicle_json(smart_charging_enabled=is_on)
    ev_energy_api.add("PATCH", f"/vehicles/{VEHICLE}", json=answer)

    assert client.set_smart_charging(vehicle_id=VEHICLE, is_on=is_on).is_smart_charging_on is is_on
    assert sent(ev_energy_api) == {"smart_charging_enabled": is_on}


@pytest.mark.parametrize(
    ("said", "any_for_charging"),
    [({"charge_mode": True}, True), ({}, False), ({"import_max_power": True}, True)],
)
def test_control_modes_tell_whether_charging_can_be_controlled(
    client: Client, ev_energy_api: EvEnergyApi, said: dict[str, bool], any_for_charging: bool
) -> None:
    names = ("target_power", "import_max_power", "export_max_power", "charge_mode")
    modes = dict.fromkeys(names, False) | {"export_max_power": True} | said
    ev_energy_api.add("GET", f"/vehicles/{VEHICLE}/vpp_modes", json=modes)

    assert client.control_modes(vehicle_id=VEHICLE).any_for_charging is any_for_charging


def test_location_logs_say_whether_the_car_was_at_home(client: Client, ev_energy_api: EvEnergyApi) -> None:
    entry = {"sampled_at": "2026-03-13T20:00:00Z", "at_home": True}
    ev_energy_api.add("GET", f"/vehicles/{VEHICLE}/location_logs", json=[entry])

    (page,) = client.location_logs(vehicle_id=VEHICLE, since=FROM)

    assert page.items[0].at_home is True
    assert ("sampled_at__gte", "2026-03-13T00:00:00Z") in query_of(ev_energy_api)


def test_sub_sessions_are_those_that_ended_in_between(client: Client, ev_energy_api: EvEnergyApi) -> None:
    ev_energy_api.add_pages("/charging_sub_sessions", [sub_session_json(1)], [sub_session_json(2, end=None)])

    first, second = (page.items[0] for page in client.sub_sessions(ended_after=FROM, ended_before=UNTIL))

    assert (first.vehicle_id, first.energy_wh, first.cost, first.currency) == (VEHICLE, 18_000, 216, "GBP")
    assert first.is_smart
    assert second.ended_at is None
    assert query_of(ev_energy_api)[-1] == ("page_after", an_id("csub", 1))


def test_missing_scope_is_forbidden(client: Client, ev_energy_api: EvEnergyApi) -> None:
    ev_energy_api.add_problem("GET", "/suppliers", 403)

    with pytest.raises(Forbidden):
        list(client.suppliers(user_id=USER))


@pytest.mark.parametrize("wrong", ["", "vhcl", f"{VEHICLE}/../x"])
def test_ids_of_another_shape_are_not_asked_for(client: Client, wrong: str) -> None:
    with pytest.raises(NotFound):
        client.control_modes(vehicle_id=wrong)
    with pytest.raises(NotFound):
        client.set_smart_charging(vehicle_id=wrong, is_on=True)
    with pytest.raises(NotFound):
        client.set_tariff(user_id=USER, tariff_id=wrong)
    with pytest.raises(NotFound):
        client.user_at_home(user_id=wrong, with_tariff=False)
