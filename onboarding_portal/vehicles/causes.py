"""Why a stale vehicle sends nothing: a row for each cause, with how it is told and what it means to people.

A new cause is a new row, and a migration for the column's choices. A provider's new error is a new pattern in a row.
"""

import re
from dataclasses import dataclass, field
from typing import Self

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from onboarding_portal.ev_energy.resources import ErrorLog

LONGEST_TEXT = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Signs:
    """Fits a log by its status code, by words in its code or type, or by words anywhere in it, detail included."""

    status_codes: frozenset[int] = frozenset()
    in_code: str = ""
    anywhere: str = ""

    def fit(self, log: ErrorLog) -> bool:
        code = _words(log.error_code, log.error_type)
        everything = _words(log.error_code, log.error_type, log.error_detail)
        return (
            log.status_code in self.status_codes
            or bool(self.in_code and re.search(self.in_code, code))
            or bool(self.anywhere and re.search(self.anywhere, everything))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """`%(make)s` stands for the car's make in the owner's texts.

    Once ev.energy has cut a car off, no wait brings it back: `next_step_when_cut_off` says when to sign in.
    """

    reconnect_helps: bool
    owner_why: str | Promise
    owner_next_step: str | Promise
    next_step_when_cut_off: str | Promise = ""
    staff: str | Promise


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of a cause. The `faint_signs` are looked at after all causes' signs.

    `lasts`: it stays until a person acts. `advice` is None where it depends on why the vehicle is stale.
    """

    signs: Signs = field(default_factory=Signs)
    faint_signs: Signs = field(default_factory=Signs)
    lasts: bool = False
    advice: Advice | None = None


class Cause(TextChoices):
    """Tried from top to bottom on each log: the more telling first, as providers answer 401 for nearly everything."""

    facts: Facts

    SUBSCRIPTION_LAPSED = (
        "SUBSCRIPTION_LAPSED",
        Facts(
            signs=Signs(
                status_codes=frozenset({402}),
                anywhere=r"\bsubscription|\bsubscribed\b|payment required"
                r"|connected services? (is |are |has |have )?(been )?(inactive|expired|disabled|lapsed|not active)",
            ),
            lasts=True,
            advice=Advice(
                reconnect_helps=False,
                owner_why=_("Your connected-services subscription with %(make)s has ended."),
                owner_next_step=_(
                    "Renew it in the %(make)s app. Data then comes back by itself within a day."
                ),
                next_step_when_cut_off=_(
                    "Renew it in the %(make)s app. Then sign in with %(make)s once more."
                ),
                staff=_(
                    "The manufacturer's connected services ended. The owner must renew them with the manufacturer."
                ),
            ),
        ),
        _("Subscription lapsed"),
    )
    ACCESS_REVOKED = (
        "ACCESS_REVOKED",
        Facts(
            signs=Signs(
                in_code=r"\bpermission|access denied|consent",
                anywhere=r"\brevoked?\b|\bunlinked\b|consent (was |has been )?(withdrawn|removed)"
                r"|no longer (has|have) access|(removed|deleted) (from|by) the (account|user|owner)"
                r"|missing (scope|permission)s?",
            ),
            # Alone, these say that the account no longer lets us see the car.
            faint_signs=Signs(status_codes=frozenset({403, 404, 410}), in_code=r"forbidden|not found"),
            lasts=True,
            advice=Advice(
                reconnect_helps=True,
                owner_why=_(
                    "%(make)s no longer lets us see your car. Access was withdrawn, or the car left your account."
                ),
                owner_next_step=_("Sign in with %(make)s again and agree to every permission it asks for."),
                staff=_(
                    "The owner or the manufacturer withdrew access, or the car left the account. A reconnect "
                    "repairs it if the owner still has the car and grants all permissions."
                ),
            ),
        ),
        _("Access revoked"),
    )
    PROVIDER_LIMITED = (
        "PROVIDER_LIMITED",
        Facts(
            signs=Signs(status_codes=frozenset({429}), in_code=r"rate limit|too many|throttl|quota"),
            advice=Advice(
                reconnect_helps=False,
                owner_why=_("%(make)s lets us ask for your car’s data only now and then."),
                owner_next_step=_("You need not do anything. Data comes back by itself."),
                staff=_("The manufacturer limits requests. Wait; reconnecting does not help."),
            ),
        ),
        _("Manufacturer's service limits requests"),
    )
    ASLEEP_OR_OUT_OF_COVERAGE = (
        "ASLEEP_OR_OUT_OF_COVERAGE",
        Facts(
            signs=Signs(
                status_codes=frozenset({408}),
                in_code=r"asleep|sleeping|offline|unreachable|vehicle (unavailable|timeout|state)",
                anywhere=r"\basleep\b|\bsleeping\b|deep sleep|out of (coverage|range)|no (mobile |cellular )?signal"
                r"|(car|vehicle) (is |was )?(currently )?"
                r"(offline|unreachable|unavailable|not reachable|not responding)"
                r"|(could not|failed to|unable to) (be )?(wake|woken|reach the (car|vehicle))",
            ),
            advice=Advice(
                reconnect_helps=False,
                owner_why=_("Your car is asleep or has no mobile signal."),
                owner_next_step=_(
                    "Nothing is broken. Drive it, or park it where it has signal, and data comes back."
                ),
                staff=_(
                    "The car does not answer: deep sleep or no coverage. Reconnecting does not help; driving does."
                ),
            ),
        ),
        _("Asleep or out of coverage"),
    )
    PROVIDER_DOWN = (
        "PROVIDER_DOWN",
        Facts(
            signs=Signs(
                status_codes=frozenset(range(500, 600)),
                in_code=r"upstream|service unavailable|maintenance|internal server error|server error|bad gateway",
                anywhere=r"scheduled maintenance|under maintenance",
            ),
            advice=Advice(
                reconnect_helps=False,
                owner_why=_("%(make)s’s own service has a fault at the moment."),
                owner_next_step=_("You need not do anything. Data comes back when %(make)s has repaired it."),
                next_step_when_cut_off=_(
                    "Wait until %(make)s has repaired it. Then sign in with %(make)s once more."
                ),
                staff=_("The manufacturer's service fails. Wait; reconnecting does not help."),
            ),
        ),
        _("Manufacturer's service down"),
    )
    SIGN_IN_EXPIRED = (
        "SIGN_IN_EXPIRED",
        Facts(
            signs=Signs(
                status_codes=frozenset({401}),
                in_code=r"authenti|unauthori[sz]ed|invalid grant|credential|\blogin\b|token",
                anywhere=r"invalid grant|(access|refresh|session) ?token (is |has |was )?(expired|invalid)"
                r"|(log|sign) ?in again|password (was |has been )?(changed|reset)|re ?authenticat",
            ),
            lasts=True,
            advice=Advice(
                reconnect_helps=True,
                owner_why=_("Your sign-in with %(make)s has expired."),
                owner_next_step=_("Sign in with %(make)s once more. It takes about two minutes."),
                staff=_(
                    "The manufacturer no longer accepts the sign-in. A reconnect by the owner repairs it."
                ),
            ),
        ),
        _("Sign-in expired"),
    )
    UNKNOWN = "UNKNOWN", Facts(), _("Unknown")

    def __new__(cls, code: str, facts: Facts) -> Self:
        cause = str.__new__(cls, code)
        cause._value_ = code
        cause.facts = facts
        return cause


def cause_of(log: ErrorLog) -> Cause:
    signs = [(cause, cause.facts.signs) for cause in Cause] + [
        (cause, cause.facts.faint_signs) for cause in Cause
    ]
    return next((cause for cause, sign in signs if sign.fit(log)), Cause.UNKNOWN)


def _words(*texts: str | None) -> str:
    """Returns lower-case words parted by spaces: AUTHENTICATION_ERROR and VehicleAPIUnauthorized alike."""
    text = " ".join(text for text in texts if text)[:LONGEST_TEXT]
    parted = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", text)
    return " ".join(re.findall(r"[a-z0-9]+", parted.lower()))
