"""What `readiness` holds about a person: how far each of their cars is, and what it charged smartly.

Their home address is not here: ev.energy keeps it, and is asked for it when the person takes their data along.
"""

from typing import Any

from onboarding_portal.accounts.audit import Actor
from onboarding_portal.accounts.held import Held, Person, PersonalData
from onboarding_portal.accounts.models import User
from onboarding_portal.ev_energy.client import get_client
from onboarding_portal.ev_energy.errors import EvEnergyError
from onboarding_portal.ev_energy.granted import lacks
from onboarding_portal.ev_energy.priority import Priority, priority
from onboarding_portal.ev_energy.turns import turns
from onboarding_portal.readiness.models import SEES_ADDRESS, Readiness


class ReadinessPersonalData(PersonalData):
    room = "readiness"
    height = 25
    held = (
        Held(
            model=Readiness,
            rows=lambda person: Readiness.objects.filter(
                vehicle__owner=person.user_id, kept_for=person.user_id
            ),
            exported=[
                *("vehicle_id", "blocker", "has_address", "has_tariff", "home_read_at", "is_controllable"),
                *("is_at_home", "commands_arrive", "looked_at", "last_charged_at", "first_smart_at"),
                *("latest_smart", "latest_smart_at", "smart_wh_by_start", "first_mailed_at"),
            ],
        ),
    )

    def read_elsewhere(self, person: Person, *, by: Actor) -> dict[str, list[dict[str, Any]]]:
        """The home that ev.energy keeps, if it tells it now; for colleagues only with the right to see addresses."""
        colleague = by if isinstance(by, User) else None
        if not person.ev_energy_user_id or (colleague and not colleague.has_perm(SEES_ADDRESS)):
            return {}
        with priority(Priority.STAFF if colleague else Priority.OWNER):
            return {"home": [_home(person.ev_energy_user_id)]}


def _home(user_id: str) -> dict[str, Any]:
    with turns.taken() as is_our_turn:
        try:
            if is_our_turn:
                said = get_client().user_at_home(user_id=user_id, with_tariff=not lacks("tariff:read"))
                address = said.home.model_dump() if said.home else None
                return {"ev_energy_user_id": user_id, "is_told": True, "address": address}
        except EvEnergyError:
            pass
    return {"ev_energy_user_id": user_id, "is_told": False}
