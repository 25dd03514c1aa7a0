"""E-mails nobody waits for are paced: so many in a minute, so many of them to one domain, in the hours people are up.

One way for all of them: batches, reminders, invitations by the hundred, what the portal sends by itself. What an
owner waits for, such as a code, does not ask here.

Who sends asks for a place just before. An e-mail that gets none is put off: its row says until when and why. A
minute's places are counted by conditional updates, so that any number of workers together send no more. A worker
killed between its place and its e-mail has wasted the place, and nothing else. Each later minute is promised to so
many e-mails only: thousands that wait are touched once each, and not once a minute.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from onboarding_portal.accounts.models import MailMinute, WaitsFor
from onboarding_portal.accounts.viewer_zone import zone_named

ALL = ""  # the domains together
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PutOff:
    """The e-mail is not to go out now; ask again then."""

    until: datetime
    waits_for: WaitsFor


def take_place(*, address: str, time_zone: str, now: datetime) -> PutOff | None:
    """Takes a place for one e-mail to `address`, whose reader lives in `time_zone`: None says that it may go out now.

    A zone that is not known ("") is the portal's own. Two queries where there is a place.
    """
    zone = zone_named(time_zone) or timezone.get_default_timezone()
    opens_at = next_open(zone=zone, at=now)
    if opens_at > now:
        return PutOff(until=opens_at, waits_for=WaitsFor.HOURS)
    domain = address.rpartition("@")[2]
    if _is_taken(domain, minute=_minute_of(now)):
        return None
    return _put_off(domain, zone=zone, now=now)


def pace_in_words() -> str:
    """When and how fast e-mails nobody waits for go out, for staff who are about to send many."""
    first, end = settings.MAIL_HOURS
    pace = _("At most %(all)d go out in a minute, %(one)d of them to one mail provider") % {
        "all": settings.MAILS_PER_MINUTE,
        "one": settings.MAILS_PER_MINUTE_TO_A_DOMAIN,
    }
    if (first, end) == (0, 24):
        return f"{pace}."
    hours = _("between %(first)d and %(end)d o’clock where the owner lives") % {"first": first, "end": end}
    return f"{pace}, {hours}."


def next_open(*, zone: tzinfo, at: datetime) -> datetime:
    """The first moment from `at` on that is in the hours for mail in the zone, by the clocks on the wall there."""
    first, end = settings.MAIL_HOURS
    local = at.astimezone(zone)
    if first <= local.hour < end:
        return at
    day = local.date() if local.hour < first else local.date() + timedelta(days=1)
    return datetime.combine(day, time(first), tzinfo=zone).astimezone(UTC)


def _is_taken(domain: str, *, minute: datetime) -> bool:
    rows = MailMinute.objects
    if not rows.take(domain=domain, minute=minute, at_most=settings.MAILS_PER_MINUTE_TO_A_DOMAIN):
        return False
    if rows.take(domain=ALL, minute=minute, at_most=settings.MAILS_PER_MINUTE):
        return True
    rows.give_back(domain=domain, minute=minute)
    return False


def _put_off(domain: str, *, zone: tzinfo, now: datetime) -> PutOff:
    most = {ALL: settings.MAILS_PER_MINUTE, domain: settings.MAILS_PER_MINUTE_TO_A_DOMAIN}
    this = _minute_of(now)
    full = MailMinute.objects.last_full(most=most, after=this)
    until = (full or this) + MINUTE
    opens_at = next_open(zone=zone, at=until)
    if opens_at > until:
        return PutOff(until=opens_at, waits_for=WaitsFor.HOURS)
    for each in most:
        MailMinute.objects.promise(domain=each, minute=until)
    return PutOff(until=until, waits_for=WaitsFor.TURN)


def _minute_of(at: datetime) -> datetime:
    return at.replace(second=0, microsecond=0)
