"""`Link` headers: ended, endless, broken, and leading away."""

import pytest

from onboarding_portal.ev_energy.client import Client
from onboarding_portal.ev_energy.errors import BadResponse
from tests.ev_energy_answers import an_id, make_json, vehicle_json
from tests.ev_energy_api import EvEnergyApi

API = "https://api.ev.energy/v2"
CURSOR = an_id("vmak", 9)


def add_page(api: EvEnergyApi, link: str | None, number: int = 1) -> None:
    headers = {} if link is None else {"Link": link}
    api.add("GET", "/vehicle_makes", json=[make_json(number)], headers=headers)


@pytest.mark.parametrize(
    "link",
    [
        None,
        "",
        '<about:blank>; rel="next"',
        f'<{API}/vehicle_makes?page_before={CURSOR}>; rel="previous"',
        "nonsense",
        "<>",
        pytest.param("<" * 60_000, id="brackets"),  # no search of it may take longer than the reading
    ],
)
def test_list_ends_without_a_next_link(client: Client, ev_energy_api: EvEnergyApi, link: str | None) -> None:
    add_page(ev_energy_api, link)

    assert len(client.makes().items) == 1


@pytest.mark.parametrize(
    "link",
    [
        f'<{API}/vehicle_makes?page_size=100&page_after={CURSOR}>; rel="next"',
        f"<{API}/vehicle_makes?page_after={CURSOR}>; rel=next",
        f'<https://api.ev.energy/vehicle_makes?page_after={CURSOR}>; REL="Next last"',
        f'<https://API.ev.energy:443/v2/vehicle_makes?page_after={CURSOR}>; rel="next"',
        f'</v2/vehicle_makes?page_after={CURSOR}>; rel="next"',
        f'<?page_after={CURSOR}>; title="a, b"; rel="next"',
        f'<{API}/x?page_before=a>; rel="previous", <{API}/x?page_after={CURSOR}>; rel="next"',
        # Behind a proxy an application may name itself by another scheme or an inner host.
        f'<http://api.ev.energy/v2/vehicle_makes?page_after={CURSOR}>; rel="next"',
        f'<http://api-7d9f.internal:8000/v2/vehicle_makes?page_after={CURSOR}>; rel="next"',
        f'<//evil.example/?page_after={CURSOR}>; rel="next"',
        f'<https://api.ev.energy@evil.example/?page_after={CURSOR}>; rel="next"',
        f'<https://api.ev.energy:port/?page_after={CURSOR}>; rel="next"',
    ],
)
def test_next_page_is_asked_for_by_its_cursor_alone(
    client: Client, ev_energy_api: EvEnergyApi, link: str
) -> None:
    add_page(ev_energy_api, link)
    add_page(ev_energy_api, None, number=2)

    assert len(client.makes().items) == 2
    assert ev_energy_api.requests[1].url == (
        f"{API}/vehicle_makes?ordering=name&page_size=100&page_after={CURSOR}"
    )


@pytest.mark.parametrize(
    "target",
    [
        "javascript:alert(1)",
        "https://[x/?page_after=a",
        f"{API}/vehicle_makes",
        f"{API}/vehicle_makes?page_after=",
        f"{API}/vehicle_makes?page_after=a&page_after=b",
        f"{API}/vehicle_makes?page_after={'a' * 201}",
    ],
)
def test_next_link_without_a_cursor_is_refused(
    client: Client, ev_energy_api: EvEnergyApi, target: str
) -> None:
    add_page(ev_energy_api, f'<{target}>; rel="next"')

    with pytest.raises(BadResponse) as caught:
        client.makes()

    assert caught.value.field == "Link"
    assert len(ev_energy_api.requests) == 1


def test_page_that_follows_itself_ends(client: Client, ev_energy_api: EvEnergyApi) -> None:
    add_page(ev_energy_api, f'<?page_after={CURSOR}>; rel="next"')

    with pytest.raises(BadResponse, match="circle"):
        client.makes()

    assert len(ev_energy_api.requests) == 2


def test_pages_that_go_round_end(client: Client, ev_energy_api: EvEnergyApi) -> None:
    for number in (1, 2, 3, 1):
        add_page(ev_energy_api, f'<?page_after={an_id("vmak", number)}>; rel="next"', number=number)

    with pytest.raises(BadResponse, match="circle"):
        client.makes()

    assert len(ev_energy_api.requests) == 4


def test_list_taken_up_at_a_cursor_may_not_lead_back_to_it(
    client: Client, ev_energy_api: EvEnergyApi
) -> None:
    cursor = an_id("vhcl", 5)
    ev_energy_api.add(
        "GET",
        "/vehicles",
        json=[vehicle_json(6)],
        headers={"Link": f'<?page_after={cursor}>; rel="next"'},
    )

    with pytest.raises(BadResponse, match="circle"):
        next(client.vehicles(page_after=cursor))
