"""Which parts of the way to charging smartly are on: what the company wants, and the application may."""

from collections.abc import Iterable

from django.conf import settings

from onboarding_portal.ev_energy.granted import lacking
from onboarding_portal.readiness.needs import STEPS, Need

SCOPES = {
    Need.ADDRESS: ("user:write",),
    Need.TARIFF: ("user:write", "tariff:read"),
    Need.SWITCH: ("vehicle:write",),
}
CHARGED_SCOPE = "charging_session:read"


def steps_on() -> list[Need]:
    """The steps an owner is asked for, in order."""
    return asked_of(steps_wanted())


def asked_of(wanted: Iterable[Need]) -> list[Need]:
    """Those of the wanted steps an owner is asked for. A preset tariff is not asked for."""
    return [need for need in wanted if not (need is Need.TARIFF and settings.SMART_CHARGING_TARIFF)]


def steps_wanted() -> list[Need]:
    """The steps that count as needs: a tariff also where it is preset. One read of the cache."""
    chosen = [need for need in STEPS if need.lower() in settings.SMART_CHARGING_STEPS]
    missing = lacking({scope for need in chosen for scope in _scopes_of(need)}) if chosen else frozenset()
    return [need for need in chosen if not missing.intersection(_scopes_of(need))]


def _scopes_of(need: Need) -> tuple[str, ...]:
    if need is Need.TARIFF and settings.SMART_CHARGING_TARIFF:
        return ("user:write",)
    return SCOPES[need]


def is_on() -> bool:
    """Whether the company wants anything of it."""
    return any(need.lower() in settings.SMART_CHARGING_STEPS for need in STEPS)
