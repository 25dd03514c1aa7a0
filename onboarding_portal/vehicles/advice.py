"""What a cause means to people: to the owner in plain words, to staff in their own."""

from dataclasses import dataclass, replace

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from onboarding_portal.vehicles.models import Cause, Integration, StaleReason, Vehicle


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """`%(make)s` stands for the car's make in the owner's texts."""

    reconnect_helps: bool
    owner_why: str | Promise
    owner_next_step: str | Promise
    staff: str | Promise


ADVICE = {
    Cause.SIGN_IN_EXPIRED: Advice(
        reconnect_helps=True,
        owner_why=_("Your sign-in with %(make)s has expired."),
        owner_next_step=_("Sign in with %(make)s once more. It takes about two minutes."),
        staff=_("The manufacturer no longer accepts the sign-in. A reconnect by the owner repairs it."),
    ),
    Cause.ACCESS_REVOKED: Advice(
        reconnect_helps=True,
        owner_why=_(
            "%(make)s no longer lets us see your car. Access was withdrawn, or the car left your account."
        ),
        owner_next_step=_("Sign in with %(make)s again and agree to every permission it asks for."),
        staff=_(
            "The owner or the manufacturer withdrew access, or the car left the account. A reconnect repairs it "
            "if the owner still has the car and grants all permissions."
        ),
    ),
    Cause.SUBSCRIPTION_LAPSED: Advice(
        reconnect_helps=False,
        owner_why=_("Your connected-services subscription with %(make)s has ended."),
        owner_next_step=_("Renew it in the %(make)s app. Data then comes back by itself within a day."),
        staff=_(
            "The manufacturer's connected services ended. The owner must renew them with the manufacturer."
        ),
    ),
    Cause.ASLEEP_OR_OUT_OF_COVERAGE: Advice(
        reconnect_helps=False,
        owner_why=_("Your car is asleep or has no mobile signal."),
        owner_next_step=_(
            "Nothing is broken. Drive it, or park it where it has signal, and data comes back."
        ),
        staff=_(
            "The car does not answer: deep sleep or no coverage. Reconnecting does not help; driving does."
        ),
    ),
    Cause.PROVIDER_DOWN: Advice(
        reconnect_helps=False,
        owner_why=_("%(make)s’s own service has a fault at the moment."),
        owner_next_step=_("You need not do anything. Data comes back when %(make)s has repaired it."),
        staff=_("The manufacturer's service fails. Wait; reconnecting does not help."),
    ),
    Cause.PROVIDER_LIMITED: Advice(
        reconnect_helps=False,
        owner_why=_("%(make)s lets us ask for your car’s data only now and then."),
        owner_next_step=_("You need not do anything. Data comes back by itself."),
        staff=_("The manufacturer limits requests. Wait; reconnecting does not help."),
    ),
}

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

# Once ev.energy has cut a car off, no wait brings it back: the owner signs in again, at the right moment.
CUT_OFF_NEXT_STEPS = {
    Cause.SUBSCRIPTION_LAPSED: _("Renew it in the %(make)s app. Then sign in with %(make)s once more."),
    Cause.PROVIDER_DOWN: _("Wait until %(make)s has repaired it. Then sign in with %(make)s once more."),
}


def advice_for(vehicle: Vehicle) -> Advice:
    """Returns what to tell about a stale vehicle; its cause may not be known yet."""
    cause = Cause(vehicle.cause) if vehicle.cause else Cause.UNKNOWN
    is_cut_off = vehicle.integration == Integration.INACTIVE
    if cause not in ADVICE:
        reason = StaleReason(vehicle.stale_reason or StaleReason.CONNECTION_LOST)
        return UNKNOWN_ADVICE[StaleReason.CONNECTION_LOST if is_cut_off else reason]
    advice = ADVICE[cause]
    if not is_cut_off or advice.reconnect_helps:
        return advice
    if cause in CUT_OFF_NEXT_STEPS:
        return replace(advice, owner_next_step=CUT_OFF_NEXT_STEPS[cause], reconnect_helps=True)
    return UNKNOWN_ADVICE[StaleReason.CONNECTION_LOST]


def reconnect_helps(vehicle: Vehicle) -> bool:
    """Whether to offer a reconnect: the cause asks for one, or ev.energy has cut the connection for good."""
    return vehicle.integration == Integration.INACTIVE or (
        vehicle.is_stale and vehicle.is_connectable and advice_for(vehicle).reconnect_helps
    )


def where_reconnecting_does_not_help() -> Q:
    """`not reconnect_helps` for stale vehicles, for queries: the cause asks for patience, and nothing is cut off."""
    patience = [cause for cause, advice in ADVICE.items() if not advice.reconnect_helps]
    return Q(cause__in=patience) & ~Q(integration=Integration.INACTIVE)


def why(vehicle: Vehicle) -> str:
    """Returns the cause in the owner's words."""
    return str(advice_for(vehicle).owner_why) % {"make": make_name(vehicle)}


def next_step(vehicle: Vehicle) -> str:
    """Returns what the owner should do, which may be nothing."""
    return str(advice_for(vehicle).owner_next_step) % {"make": make_name(vehicle)}


def make_name(vehicle: Vehicle) -> str:
    """Returns "Volvo", or words that fit in its place where the make is not known."""
    return vehicle.make.name if vehicle.make else gettext("your car’s manufacturer")
