"""The address that starts a vehicle's onboarding in the owner's browser."""

from urllib.parse import urlencode

from django.conf import settings

from onboarding_portal.ev_energy import ids


class UnfitOnboardingId(ValueError):
    """An id is not of the shape ev.energy gives out, so it must not get into a redirect."""


def onboarding_url(
    *, user_id: str, redirect_uri: str, make_id: str = "", model_id: str = "", trim_id: str = ""
) -> str:
    """ev.energy's `/vehicle_onboarding` for this owner and pick; with no pick ev.energy shows its own screen.

    Raises UnfitOnboardingId. Parameters and their names: the contract of `GET /vehicle_onboarding`. The
    address has no trailing slash, though some example links do.
    """
    _check("user_id", ids.is_user_id(user_id))
    _check("make_id", not make_id or ids.is_make_id(make_id))
    _check("model_id", not model_id or ids.is_model_id(model_id))
    _check("trim_id", not trim_id or ids.is_trim_id(trim_id))
    picked = {"make_id": make_id, "model_id": model_id, "trim_id": trim_id}
    query = {
        "user_id": user_id,
        "client_id": settings.EV_ENERGY_CLIENT_ID,
        **{name: value for name, value in picked.items() if value},
        "redirect_uri": redirect_uri,
    }
    return f"{settings.EV_ENERGY_API_URL}/vehicle_onboarding?{urlencode(query)}"


def _check(name: str, fits: bool) -> None:
    if not fits:
        raise UnfitOnboardingId(f"{name} is not an id of the right shape.")
