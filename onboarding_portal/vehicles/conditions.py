"""How a car is, as its owner is told at a glance: one word and one colour.

Red is for what is broken and needs somebody; amber for what is waited for; grey for what rests or was switched off.
"""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

from onboarding_portal.vehicles.causes import Cause
from onboarding_portal.vehicles.models import Integration, Leaving, StaleReason, Vehicle


class Condition(TextChoices):
    REMOVING = "removing", _("Being removed")
    DISCONNECTING = "disconnecting", _("Being disconnected")
    LET_GO = "let-go", _("Disconnected")
    WORKING = "working", _("Working")
    WAITING = "waiting", _("Waiting for first data")
    TROUBLE = "trouble", _("Trouble at the manufacturer")
    CONNECTION_LOST = "connection-lost", _("Connection lost")
    BLOCKED = "blocked", _("Needs attention")
    SILENT = "silent", _("No data lately")
    ASLEEP = "asleep", _("Asleep")
    MARKED = "marked", _("Needs attention")
    SMART_CHARGING_OFF = "smart-charging-off", _("Smart charging off")
    SWITCHED_OFF = "switched-off", _("Switched off")
    NOT_CONNECTED = "not-connected", _("Not connected")

    @property
    def colour(self) -> str:
        """The end of the names of the stylesheet's classes: good, warn (amber), bad (red) or quiet (grey)."""
        return COLOURS.get(self, "quiet")

    @property
    def badge_class(self) -> str:
        return f"badge-{self.colour}"


COLOURS = {
    Condition.WORKING: "good",
    Condition.WAITING: "warn",
    Condition.TROUBLE: "warn",
    Condition.SILENT: "warn",
    Condition.CONNECTION_LOST: "bad",
    Condition.BLOCKED: "bad",
    Condition.MARKED: "bad",
}
SENDS_DATA = {Condition.WORKING, Condition.SMART_CHARGING_OFF}
NEEDS_ATTENTION = {
    *(Condition.TROUBLE, Condition.CONNECTION_LOST, Condition.BLOCKED),
    *(Condition.SILENT, Condition.ASLEEP, Condition.MARKED),
}


def condition_of(vehicle: Vehicle) -> Condition:
    """The first that is true, from what is sure to what is left."""
    is_silent = vehicle.stale_reason == StaleReason.SILENT
    cause = Cause(vehicle.cause) if vehicle.cause in Cause.values else Cause.UNKNOWN
    table = {
        Condition.REMOVING: vehicle.leaving == Leaving.REMOVING,
        Condition.DISCONNECTING: vehicle.leaving == Leaving.DISCONNECTING,
        Condition.LET_GO: vehicle.is_let_go,
        Condition.SWITCHED_OFF: vehicle.is_disabled,
        Condition.NOT_CONNECTED: vehicle.integration == Integration.UNINTEGRATED,
        Condition.TROUBLE: vehicle.is_in_outage and vehicle.needs_repair,
        Condition.MARKED: vehicle.stale_reason == StaleReason.MARKED_BY_STAFF,
        Condition.CONNECTION_LOST: vehicle.integration == Integration.INACTIVE
        or vehicle.stale_reason == StaleReason.CONNECTION_LOST,
        Condition.BLOCKED: is_silent and cause.lasts,
        Condition.ASLEEP: is_silent and cause is Cause.ASLEEP_OR_OUT_OF_COVERAGE,
        Condition.SILENT: is_silent,
        Condition.WAITING: vehicle.last_status_at is None,
        Condition.SMART_CHARGING_OFF: vehicle.is_smart_charging_on is False,
    }
    return next((condition for condition, is_so in table.items() if is_so), Condition.WORKING)
