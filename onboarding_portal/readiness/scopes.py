"""Which parts of the way to charging smartly are on: what the company wants, and the application may."""

from collections.abc import Collection

from django.conf import settings

from onboarding_portal.ev_energy.granted import lacks
from onboarding_portal.readiness.needs import STEPS, Need

SCOPES = {
    Need.ADDRESS: ("user:write",),
    Need.TARIFF: ("user:write", "tariff:read"),
    Need.SWITCH: ("vehicle:write",),
}
CHARGED_SCOPE = "charging_session:read"


def steps_on() -> list[Need]:
    """The steps an owner is asked for, in order. A preset tariff is not asked for."""
    return [need for need in steps_wanted() if not (need is Need.TARIFF and settings.SMART_CHARGING_TARIFF)]


def steps_wanted() -> list[Need]:
    """The steps that count as needs: a tariff also where it is preset."""
    return [need for need in STEPS if need.lower() in settings.SMART_CHARGING_STEPS and is_granted(need)]


def is_granted(need: Need) -> bool:
    scopes: Collection[str] = SCOPES[need]
    if need is Need.TARIFF and settings.SMART_CHARGING_TARIFF:
        scopes = ("user:write",)
    return not any(lacks(scope) for scope in scopes)


def is_on() -> bool:
    """Whether the company wants anything of it."""
    return any(need.lower() in settings.SMART_CHARGING_STEPS for need in STEPS)
