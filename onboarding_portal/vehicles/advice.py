"""What a cause means to people: to the owner in plain words, to staff in their own."""

from dataclasses import replace

from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from onboarding_portal.vehicles.causes import Advice, Cause
from onboarding_portal.vehicles.models import Integration, StaleReason, Vehicle

UNKNOWN_ADVICE = {
    StaleReason.CONNECTION_LOST: Advice(
        reconnect_helps=True,
        owner_why=_("The connection to %(make)s was lost."),
        owner_next_step=_("Sign in with %(make)s once more. It takes about two minutes."),
        staff=_("The connection is cut, and the error logs do not say why. A reconnect usually repairs it."),
    ),
    StaleReason.SILENT: Advice(
        reconnect_helps=True,
        owner_why=_("Your car has not sent data for some time."),
        owner_next_step=_("If you have driven it since then, sign in with %(make)s once more."),
        staff=_("No data although connected, and the error logs do not say why. A reconnect may help."),
    ),
    StaleReason.MARKED_BY_STAFF: Advice(
        reconnect_helps=True,
        owner_why=_("We noticed a problem with your car’s connection."),
        owner_next_step=_("Please sign in with %(make)s once more. It takes about two minutes."),
        staff=_("Marked by staff."),
    ),
}


def advice_for(vehicle: Vehicle) -> Advice:
    """Returns what to tell about a stale vehicle; its cause may not be known yet."""
    advice = Cause[vehicle.cause or Cause.UNKNOWN.name].facts.advice
    is_cut_off = vehicle.integration == Integration.INACTIVE
    if advice and (advice.reconnect_helps or not is_cut_off):
        return advice
    if advice and advice.next_step_when_cut_off:
        return replace(advice, owner_next_step=advice.next_step_when_cut_off, reconnect_helps=True)
    reason = StaleReason(vehicle.stale_reason or StaleReason.CONNECTION_LOST)
    return UNKNOWN_ADVICE[StaleReason.CONNECTION_LOST if is_cut_off else reason]


def reconnect_helps(vehicle: Vehicle) -> bool:
    """Whether to offer a reconnect: the cause asks for one, or ev.energy has cut the connection for good."""
    return vehicle.integration == Integration.INACTIVE or (
        vehicle.is_stale and vehicle.is_connectable and advice_for(vehicle).reconnect_helps
    )


def where_reconnecting_does_not_help() -> Q:
    """`not reconnect_helps` for stale vehicles, for queries: the cause asks for patience, and nothing is cut off."""
    patience = [cause for cause in Cause if (advice := cause.facts.advice) and not advice.reconnect_helps]
    return Q(cause__in=patience) & ~Q(integration=Integration.INACTIVE)


def why(vehicle: Vehicle) -> str:
    """Returns the cause in the owner's words."""
    return str(advice_for(vehicle).owner_why) % {"make": make_name(vehicle)}


def next_step(vehicle: Vehicle) -> str:
    """Returns what the owner should do, which may be nothing."""
    return str(advice_for(vehicle).owner_next_step) % {"make": make_name(vehicle)}


def why_not_you(vehicle: Vehicle) -> str:
    """Returns what to tell while the make is marked as in trouble, whatever the cause of this one car."""
    return gettext("It is not you: the connection with %(make)s has trouble.") % {"make": make_name(vehicle)}


def wait_for_repair() -> str:
    return gettext(
        "Many cars lost their connection at once. You need not do anything now. If yours is not back once this is "
        "repaired, this page says what to do."
    )


def make_name(vehicle: Vehicle) -> str:
    """Returns "Volvo", or words that fit in its place where the make is not known."""
    return vehicle.make.name if vehicle.make else gettext("your car’s manufacturer")
