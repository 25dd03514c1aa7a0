"""An entry's fields in plain words: amperes, kilowatts, kilowatt-hours, kilometres, and what codes mean."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from http import HTTPStatus

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from onboarding_portal.diagnostics.log_kinds import LogEntry, readable
from onboarding_portal.ev_energy.resources import CommandLog, ErrorLog, StatusLog
from onboarding_portal.lengths import exact
from onboarding_portal.vehicles.cause_words import ADVICE
from onboarding_portal.vehicles.signs import cause_of

COMMANDS = {
    "START_CHARGE": _("Start charging"),
    "STOP_CHARGE": _("Stop charging"),
    "WAKE_UP": _("Wake the car up"),
    "SEND_SCHEDULE": _("Send a charging schedule"),
}
STATES = {
    "DRIVING": _("Driving"),
    "RECENTLY_FINISHED_DRIVING": _("Has just been driven"),
    "STATIONARY": _("Parked, not plugged in"),
    "IN_SERVICE": _("In service"),
    "PLUGGED_IN_NOT_CHARGING": _("Plugged in, not charging"),
    "PLUGGED_IN_CHARGING": _("Plugged in, charging"),
    "PLUGGED_IN_COMPLETE": _("Plugged in, charged as far as asked"),
    "PLUGGED_IN_NEAR_READY_BY_TIME": _("Plugged in, near the time it must be ready"),
    "PLUGGED_IN_ALMOST_COMPLETE": _("Plugged in, almost charged"),
    "UNKNOWN": _("Unknown"),
}
LONGEST_SUMMARY = 160
LARGEST_NUMBER = 10**15


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One field. Either `text` or, for times, `at`; with neither, ev.energy did not say. `code` is said exactly."""

    label: str | Promise
    text: str = ""
    at: datetime | None = None
    code: str = ""


def facts_of(entry: LogEntry) -> list[Fact]:
    """All fields of an entry, the telling ones first."""
    if isinstance(entry, CommandLog):
        return _command_facts(entry)
    if isinstance(entry, ErrorLog):
        return _error_facts(entry)
    return _status_facts(entry)


def summary_of(entry: LogEntry) -> str:
    """What happened, in one line."""
    if isinstance(entry, CommandLog):
        return ", ".join(
            part for part in (command_text(entry.command), amperes(entry.current_milliamps)) if part
        )
    if isinstance(entry, ErrorLog):
        what = [status_code_text(entry.status_code), readable(entry.error_code or entry.error_type or "")]
        return ", ".join(part for part in what if part) or gettext("An error without a code")
    parts = [percentage(entry.state_of_charge_percentage), state_text(entry.state)]
    return ", ".join(part for part in parts if part) or gettext("The car did not say anything")


def detail_of(entry: LogEntry) -> str:
    """An error's own words, cut short; "" for other entries."""
    text = readable(entry.error_detail or "") if isinstance(entry, ErrorLog) else ""
    return text if len(text) <= LONGEST_SUMMARY else f"{text[:LONGEST_SUMMARY]}…"


def meaning_of(entry: ErrorLog) -> str:
    """What the error says about the connection, "" where that is not known."""
    cause = cause_of(entry)
    return f"{cause.label}. {ADVICE[cause].staff}" if cause in ADVICE else ""


def command_text(command: str | None) -> str:
    """A command in words; one that is not known here, as it is."""
    return str(COMMANDS.get(command or "", readable(command or "")))


def state_text(state: str | None) -> str:
    return str(STATES.get(state or "", readable(state or "")))


def amperes(milliamps: int | None) -> str:
    return _quantity(milliamps, per=1000, places=3, unit="A")


def percentage(value: int | None) -> str:
    return _quantity(value, per=1, places=0, unit="%")


def status_code_text(code: int | None) -> str:
    """`401 Unauthorized`; a code HTTP does not know stands alone."""
    if code is None:
        return ""
    known = {status.value: status.phrase for status in HTTPStatus}
    return f"{code} {known.get(code, '')}".strip()


def _command_facts(log: CommandLog) -> list[Fact]:
    return [
        Fact(label=_("Command"), text=command_text(log.command), code=readable(log.command or "")),
        Fact(label=_("Current asked for"), text=amperes(log.current_milliamps)),
        Fact(label=_("Logged"), at=log.logged_at),
        _text(_("Vehicle"), log.vehicle_description),
        _code(_("Vehicle id"), log.vehicle_id),
        _code(_("Command id at ev.energy"), log.internal_command_id),
        _code(_("Command id at the manufacturer's service"), log.external_command_id),
    ]


def _error_facts(log: ErrorLog) -> list[Fact]:
    return [
        Fact(label=_("Answer of the manufacturer's service"), text=status_code_text(log.status_code)),
        Fact(label=_("What it means"), text=meaning_of(log) or gettext("Not known")),
        _text(_("In its own words"), log.error_detail),
        Fact(label=_("During the command"), text=command_text(log.command), code=readable(log.command or "")),
        Fact(label=_("Logged"), at=log.logged_at),
        _code(_("Error code"), log.error_code),
        _code(_("Error type"), log.error_type),
        _text(_("Service used"), log.controller),
        _text(_("Vehicle"), log.vehicle_description),
        _code(_("Vehicle id"), log.vehicle_id),
        _code(_("Command id at ev.energy"), log.internal_command_id),
        _code(_("Request id"), log.request_id),
    ]


def _status_facts(log: StatusLog) -> list[Fact]:
    return [
        Fact(label=_("State of charge"), text=percentage(log.state_of_charge_percentage)),
        Fact(label=_("State"), text=state_text(log.state), code=readable(log.state or "")),
        Fact(label=_("Plugged in"), text=_yes_or_no(log.is_plugged_in)),
        Fact(label=_("Charging"), text=_yes_or_no(log.is_charging)),
        Fact(label=_("Charged as far as asked"), text=_yes_or_no(log.is_complete)),
        Fact(label=_("Charging power"), text=_quantity(log.charge_rate_w, per=1000, places=2, unit="kW")),
        Fact(
            label=_("Charging power, estimated"),
            text=_quantity(log.estimated_charge_rate_w, per=1000, places=2, unit="kW"),
        ),
        Fact(label=_("Energy in the battery"), text=_energy(log.charge_level_wh)),
        Fact(label=_("Asked to charge to"), text=percentage(log.target_charge_level_percentage)),
        Fact(label=_("Asked to charge to, as energy"), text=_energy(log.target_charge_level_wh)),
        Fact(label=_("Energy added by the latest charge"), text=_energy(log.charge_energy_added_wh)),
        Fact(label=_("Time until charged"), text=_duration(log.minutes_to_full_charge)),
        _text(_("Kind of current"), log.current_type),
        Fact(label=_("Odometer"), text=_quantity(log.odometer_m, per=1000, places=1, unit="km")),
        Fact(label=_("Said by the car"), at=log.sampled_at),
        Fact(label=_("Received by ev.energy"), at=log.logged_at),
        _text(_("Data comes from"), log.data_source),
        _text(_("Vehicle"), log.vehicle_description),
        _code(_("Vehicle id"), log.vehicle_id),
    ]


def _text(label: str | Promise, value: str | None) -> Fact:
    return Fact(label=label, text=readable(value or ""))


def _code(label: str | Promise, value: str | None) -> Fact:
    return Fact(label=label, code=readable(value or ""))


def _yes_or_no(value: bool | None) -> str:
    if value is None:
        return ""
    return gettext("Yes") if value else gettext("No")


def _energy(watt_hours: int | None) -> str:
    return _quantity(watt_hours, per=1000, places=2, unit="kWh")


def _duration(minutes: int | None) -> str:
    if minutes is None or not 0 <= minutes <= LARGEST_NUMBER:
        return _quantity(minutes, per=1, places=0, unit="min")
    return re.sub(r"(?<=\d) ", "\N{NO-BREAK SPACE}", exact(timedelta(minutes=minutes)))


def _quantity(value: int | None, *, per: int, places: int, unit: str) -> str:
    """`32 A`, `16.5 A`: no more digits than it takes, and a space that does not break."""
    if value is None:
        return ""
    if abs(value) > LARGEST_NUMBER:
        return gettext("A number that cannot be right")
    number = round(Decimal(value) / per, places)
    digits = f"{number:f}"
    if "." in digits:
        digits = digits.rstrip("0").rstrip(".")
    return f"{number_format(digits, use_l10n=True, force_grouping=True)}\N{NO-BREAK SPACE}{unit}"
