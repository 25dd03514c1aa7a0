"""What to tell of one vehicle: what happened, what to do first, whether signing in again helps."""

from dataclasses import dataclass, replace

from django.db.models import Q
from django.utils.text import capfirst
from django.utils.translation import gettext

from onboarding_portal.vehicles.cause_words import (
    ADVICE,
    UNKNOWN_ADVICE,
    WHEN_CUT_OFF,
    WILL_IT_HELP,
    Advice,
    SigningIn,
    Text,
)
from onboarding_portal.vehicles.causes import Cause
from onboarding_portal.vehicles.models import Integration, StaleReason, Vehicle


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What the owner is told, with the make filled in."""

    what_happened: str
    do_first: str
    will_it_help: str
    signing_in_helps: bool  # at least maybe

    def __str__(self) -> str:
        return f"{self.what_happened} {self.do_first} {self.will_it_help}"


def advice_for(vehicle: Vehicle) -> Advice:
    """Returns what to tell about a vehicle that sends nothing; its cause may not be known yet."""
    cause = Cause(vehicle.cause) if vehicle.cause in Cause.values else Cause.UNKNOWN
    is_cut_off = vehicle.integration == Integration.INACTIVE
    if is_cut_off and cause in WHEN_CUT_OFF:
        signing_in, do_first = WHEN_CUT_OFF[cause]
        return replace(ADVICE[cause], signing_in=signing_in, do_first=do_first)
    known = ADVICE.get(cause)
    if known and not (is_cut_off and known.signing_in == SigningIn.DOES_NOT_HELP):
        return known
    reason = StaleReason(vehicle.stale_reason or StaleReason.CONNECTION_LOST)
    return UNKNOWN_ADVICE[StaleReason.CONNECTION_LOST if is_cut_off else reason]


def words_for(vehicle: Vehicle) -> Words:
    advice = advice_for(vehicle)
    make = make_name(vehicle)
    return Words(
        what_happened=_with_make(advice.what_happened, make),
        do_first=_with_make(advice.do_first, make),
        will_it_help=str(WILL_IT_HELP[advice.signing_in]),
        signing_in_helps=advice.signing_in != SigningIn.DOES_NOT_HELP,
    )


def is_reconnect_offered(vehicle: Vehicle) -> bool:
    """Whether the owner gets the button: signing in may help, or it must follow because the connection is cut."""
    return vehicle.integration == Integration.INACTIVE or (
        vehicle.is_stale
        and vehicle.is_connectable
        and advice_for(vehicle).signing_in != SigningIn.DOES_NOT_HELP
    )


def where_signing_in_does_not_help() -> Q:
    """For queries: the vehicles whose advice says that signing in does not help."""

    def told_so(signing_in: SigningIn) -> bool:
        return signing_in == SigningIn.DOES_NOT_HELP

    standing = [cause for cause, advice in ADVICE.items() if told_so(advice.signing_in)]
    cut_off = [cause for cause, (signing_in, _) in WHEN_CUT_OFF.items() if told_so(signing_in)]
    return Q(cause__in=cut_off) | Q(cause__in=standing) & ~Q(integration=Integration.INACTIVE)


def words_in_outage(vehicle: Vehicle) -> Words:
    """What to tell while the make is marked as in trouble, whatever the cause of this one car."""
    make = make_name(vehicle)
    return Words(
        what_happened=gettext("It is not you: the connection with %(make)s has trouble.") % {"make": make},
        do_first=gettext(
            "Many cars lost their connection at once. You need not do anything now. If yours is not back once this "
            "is repaired, this page says what to do."
        ),
        will_it_help=gettext("Signing in may fail until it is repaired."),
        signing_in_helps=False,
    )


def make_name(vehicle: Vehicle) -> str:
    """Returns "Volvo", or words that fit in its place where the make is not known."""
    return vehicle.make.name if vehicle.make else gettext("the car’s manufacturer")


def _with_make(text: Text, make: str) -> str:
    # A make's stand-in may begin a sentence.
    return capfirst(str(text) % {"make": make})
