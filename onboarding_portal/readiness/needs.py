"""What a car needs to be charged smartly, in the order in which it is mended; which of it is missing, from facts."""

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

NEED_LENGTH = 10


class Need(TextChoices):
    """In order: each is worth mending only once those before it are met."""

    CONNECTION = "CONNECTION", _("Connection lost")
    ADDRESS = "ADDRESS", _("No home address")
    TARIFF = "TARIFF", _("No tariff")
    SWITCH = "SWITCH", _("Smart charging off")
    CONTROL = "CONTROL", _("Cannot be controlled")
    AT_HOME = "AT_HOME", _("Not seen at home")
    PLUGGED_IN = "PLUGGED_IN", _("Not plugged in")
    COMMANDS = "COMMANDS", _("Commands do not arrive")


class Turn(StrEnum):
    """Who can mend it."""

    OWNER = "owner"
    STAFF = "staff"
    NOBODY = "nobody"


class Met(StrEnum):
    YES = "yes"
    NO = "no"
    NOT_KNOWN = "not known"
    NOT_ASKED = "not asked"  # the application or the company does without


# Those an owner is asked for on the way on; the others are only told.
STEPS = (Need.ADDRESS, Need.TARIFF, Need.SWITCH)
TURNS = {
    Need.CONTROL: Turn.NOBODY,
    Need.COMMANDS: Turn.STAFF,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known of one car; None is "not known"."""

    is_connected: bool
    is_disabled: bool
    has_address: bool | None
    has_tariff: bool | None
    is_switched_on: bool | None
    is_controllable: bool | None
    is_at_home: bool | None
    is_plugged_in: bool | None  # now, or lately
    commands_arrive: bool | None
    steps: Collection[Need] = STEPS  # of STEPS, those that are asked for


@dataclass(frozen=True, slots=True)
class Answer:
    """How it stands with one need."""

    need: Need
    met: Met

    @property
    def turn(self) -> Turn:
        return TURNS.get(self.need, Turn.OWNER)


def answers(facts: Facts) -> list[Answer]:
    """Every need in order."""
    said: dict[Need, bool | None] = {
        Need.CONNECTION: facts.is_connected,
        Need.ADDRESS: facts.has_address,
        Need.TARIFF: facts.has_tariff,
        Need.SWITCH: facts.is_switched_on,
        Need.CONTROL: False if facts.is_disabled else facts.is_controllable,
        Need.AT_HOME: facts.is_at_home,
        Need.PLUGGED_IN: facts.is_plugged_in,
        Need.COMMANDS: facts.commands_arrive,
    }
    return [Answer(need, _met(need, said[need], facts)) for need in Need]


def first_missing(facts: Facts) -> Need | None:
    """The one to mend now. None: nothing is known to be missing."""
    return next((answer.need for answer in answers(facts) if answer.met is Met.NO), None)


def _met(need: Need, said: bool | None, facts: Facts) -> Met:
    if need in STEPS and need not in facts.steps:
        return Met.NOT_ASKED
    if said is None:
        return Met.NOT_KNOWN
    return Met.YES if said else Met.NO
