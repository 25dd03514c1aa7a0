"""Staff give a car to another owner here. ev.energy has no way to: there it stays under its user.

The car's row remembers that user, so that no sync gives the car back; once ev.energy names anybody else, its word
holds again. What was private to the former owner stays with them, as when ev.energy itself says that a car was sold.
"""

from datetime import datetime

from django.db import transaction

from onboarding_portal import news
from onboarding_portal.accounts.audit import Act, about, record
from onboarding_portal.accounts.models import User
from onboarding_portal.reconnects.models import LastingLink, Reconnect, State, move_all
from onboarding_portal.vehicles.announcing import of_connected_cars
from onboarding_portal.vehicles.changed_hands import take_private_out, write_history
from onboarding_portal.vehicles.models import ByHand, Vehicle

NOTE = "The car was handed over to another owner"


class CannotBeHandedOver(Exception):
    """The car is gone, has another owner than the page showed, or the one named is none, or closed."""


def hand_over(*, vehicle: Vehicle, to: User, by: User, now: datetime) -> None:
    """Raises CannotBeHandedOver, with nothing changed. `vehicle` is the row as the page showed it."""
    with transaction.atomic():
        row = Vehicle.objects.select_for_update(of=["self"]).select_related("owner").get(pk=vehicle.pk)
        former = row.owner
        is_owner = to.is_active and not to.is_staff and not to.is_superuser
        if row.removed_at or row.owner_id != vehicle.owner_id or to.pk == former.pk or not is_owner:
            raise CannotBeHandedOver
        record(act=Act.HANDED_OVER, actor=by, about=about(row))
        open_ones = Reconnect.objects.open().filter(vehicle=row)
        LastingLink.objects.filter(reconnect__vehicle=row, owner=former).delete()
        move_all(open_ones, State.CANCELLED, now=now, by=by, note=NOTE)
        ByHand.objects.end(owner_id=former.pk, vehicle_id=row.pk, by=by, now=now)
        handover = take_private_out(row, present_id=to.pk)
        # Handed on a second time it is still under the first one's user; handed back, under the owner's own.
        under = row.handed_over_under or former.ev_energy_user_id or ""
        row.handed_over_under = "" if to.is_at_ev_energy(under) else under
        row.owner, row.connected_at = to, now
        row.save()
        write_history([handover])
        news.tell(lambda: of_connected_cars([row], now=now))
        record(act=Act.HANDED_OVER, actor=by, about=about(row))
