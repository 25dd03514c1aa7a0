"""The redirect to ev.energy has exactly the contract's parameters."""

from urllib.parse import parse_qsl, urlsplit

import pytest
from pytest_django import Settings

from onboarding_portal.ev_energy.onboarding_url import UnfitOnboardingId, onboarding_url
from tests.ev_energy_answers import an_id

USER_ID, RETURN = an_id("user"), "https://portal.example/connect/return/1/?a=b&c=d"


@pytest.mark.parametrize("picked", [{}, {"make_id": "vmak"}, {"model_id": "vmod"}, {"trim_id": "trim"}])
def test_redirect_has_the_contracts_parameters(picked: dict[str, str]) -> None:
    ids = {name: an_id(prefix) for name, prefix in picked.items()}

    address = onboarding_url(user_id=USER_ID, redirect_uri=RETURN, **ids)

    assert address.startswith("https://api.ev.energy/v2/vehicle_onboarding?")
    assert parse_qsl(urlsplit(address).query) == [
        ("user_id", USER_ID),
        ("client_id", "portal-client"),
        *ids.items(),
        ("redirect_uri", RETURN),
    ]


def test_redirect_goes_to_the_configured_api(settings: Settings) -> None:
    settings.EV_ENERGY_API_URL = "http://localhost:9000/v2"

    address = onboarding_url(user_id=USER_ID, redirect_uri=RETURN, make_id=an_id("vmak"))

    assert address.startswith("http://localhost:9000/v2/vehicle_onboarding?user_id=")


@pytest.mark.parametrize(
    "ids",
    [
        {"user_id": ""},
        {"user_id": an_id("vmak")},
        {"user_id": USER_ID + "\n"},
        {"make_id": an_id("vmod")},
        {"make_id": an_id("vmak") + "&client_id=evil"},
        {"model_id": an_id("VMOD")},
        {"trim_id": "trim" + "\u0661" * 26},
    ],
)
def test_id_of_wrong_shape_is_refused(ids: dict[str, str]) -> None:
    with pytest.raises(UnfitOnboardingId) as caught:
        onboarding_url(**{"user_id": USER_ID, "redirect_uri": RETURN, **ids})

    assert "evil" not in str(caught.value)
