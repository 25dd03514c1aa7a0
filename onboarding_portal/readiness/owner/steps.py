"""What an owner is asked on the short way on after connecting, and what they save there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings

from onboarding_portal.accounts.models import User
from onboarding_portal.ev_energy.errors import Invalid
from onboarding_portal.ev_energy.smart_charging_operations import Address
from onboarding_portal.ev_energy.smart_charging_resources import Home
from onboarding_portal.readiness.facts import facts_of, note_home, review
from onboarding_portal.readiness.models import Readiness
from onboarding_portal.readiness.needs import STEPS, Met, Need, answers
from onboarding_portal.readiness.owner.asking import NotGranted, NotNow, ask
from onboarding_portal.readiness.scopes import asked_of, steps_wanted
from onboarding_portal.vehicles.models import Vehicle

READ_AGAIN_AFTER = timedelta(hours=6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """How far one car's owner is: the steps that are `asked`, and of them the `open_steps`, not met, in order."""

    readiness: Readiness
    asked: Sequence[Need]
    open_steps: Sequence[Need]
    missing: Need | None

    @property
    def vehicle(self) -> Vehicle:
        return self.readiness.vehicle

    def step_after(self, last: str) -> Need | None:
        """The next open step behind the one that was answered or left out."""
        order = [need.value for need in STEPS]
        behind = order.index(last) if last in order else -1
        return next((need for need in self.open_steps if order.index(need.value) > behind), None)


def way_of(readiness: Readiness, *, wanted: Sequence[Need], now: datetime) -> Way:
    """How far it is, by what is known, where these steps are wanted. No query, no call to ev.energy."""
    asked = asked_of(wanted)
    said = answers(facts_of(readiness, steps=wanted, now=now))
    return Way(
        readiness=readiness,
        asked=asked,
        open_steps=[each.need for each in said if each.need in asked and each.met in {Met.NO, Met.NOT_KNOWN}],
        missing=next((each.need for each in said if each.met is Met.NO), None),
    )


def is_asked(vehicle: Vehicle) -> bool:
    """Whether the owner can be asked for it: not for a car that is somebody else's at ev.energy still."""
    return vehicle.is_connectable and not vehicle.handed_over_under and not vehicle.leaving


def look(*, owner: User, readiness: Readiness, now: datetime) -> None:
    """Has ev.energy say what it knows of the owner's home, unless that is known. Without an answer it stays so."""
    read_at = readiness.home_read_at
    if not owner.ev_energy_user_id or (read_at and now - read_at < READ_AGAIN_AFTER):
        return
    try:
        home = home_of(owner)
    except (NotNow, NotGranted, Invalid):
        return
    note_home(owner_id=owner.pk, home=home, now=now)
    readiness.refresh_from_db()


def home_of(owner: User) -> Home | None:
    """The home ev.energy has. Raises NotNow, NotGranted."""
    user_id = owner.ev_energy_user_id or ""
    said = ask(
        lambda client: client.user_at_home(user_id=user_id, with_tariff=False), owner=owner, scope="user:read"
    )
    return said.home


def save_address(*, owner: User, readiness: Readiness, address: Address, now: datetime) -> None:
    """Gives ev.energy the address, and the tariff the company has preset. Raises NotNow, NotGranted, Invalid."""
    user_id, tariff_id = owner.ev_energy_user_id or "", ""
    if Need.TARIFF in steps_wanted() and not readiness.has_tariff:
        tariff_id = settings.SMART_CHARGING_TARIFF
    saved = ask(
        lambda client: client.set_address(user_id=user_id, address=address, tariff_id=tariff_id),
        owner=owner,
        scope="user:write",
    )
    note_home(owner_id=owner.pk, home=saved.home, now=now)
    review(readiness, steps=steps_wanted(), now=now)


def save_tariff(*, owner: User, readiness: Readiness, tariff_id: str, now: datetime) -> None:
    """Raises NotNow, NotGranted, Invalid."""
    user_id = owner.ev_energy_user_id or ""
    saved = ask(
        lambda client: client.set_tariff(user_id=user_id, tariff_id=tariff_id),
        owner=owner,
        scope="user:write",
    )
    note_home(owner_id=owner.pk, home=saved.home, now=now)
    review(readiness, steps=steps_wanted(), now=now)


def save_switch(*, owner: User, readiness: Readiness, is_on: bool, now: datetime) -> None:
    """Raises NotNow, NotGranted, Invalid."""
    vehicle = readiness.vehicle
    said = ask(
        lambda client: client.set_smart_charging(vehicle_id=vehicle.pk, is_on=is_on),
        owner=owner,
        scope="vehicle:write",
    )
    Vehicle.objects.filter(pk=vehicle.pk).update(is_smart_charging_on=said.is_smart_charging_on)
    vehicle.refresh_from_db()
    review(readiness, steps=steps_wanted(), now=now)
