"""An owner comes back from ev.energy. Which reconnect it was, a cookie from the way out tells.

ev.energy sends owners back from a reconnect to one address for the whole application. What the browser brings is a
claim: it picks the words on a page, and data alone says that the car is back. The cookie gives no right beyond
those the browser had when it left: the page behind it asks for a sign-in or is the one of the e-mailed link.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from json import JSONDecodeError, dumps, loads

from django.conf import settings
from django.http import HttpRequest, HttpResponse, QueryDict
from django.urls import reverse

from onboarding_portal.accounts.allowance import may
from onboarding_portal.owner_limits import Press
from onboarding_portal.reconnects.background import tasks
from onboarding_portal.reconnects.background.watch import note_return
from onboarding_portal.reconnects.models import CameBack, Reconnect, ReconnectQuerySet
from onboarding_portal.reconnects.timetable import WATCH_STEPS

# How long after leaving the browser still knows where it came from.
REMEMBERED_FOR = timedelta(hours=2)
# An owner with many cars may leave for several of them, each in a tab.
MOST_REMEMBERED = 8
_SALT = "onboarding_portal.reconnects.departure"
HELPERS = "helper."  # stands before the token of a helper's link


@dataclass(frozen=True, slots=True, kw_only=True)
class Departure:
    """Which reconnect a browser left for; `token` is the lasting link's, "" where the button was used."""

    reconnect_id: int
    vehicle_id: str
    token: str

    @property
    def page(self) -> str:
        """The page the owner left from, which tells how it goes on."""
        if self.token.startswith(HELPERS):
            return reverse("reconnects:helper", args=[self.token.removeprefix(HELPERS)])
        if self.token:
            return reverse("reconnects:lasting", args=[self.token])
        return reverse("vehicles:detail", args=[self.vehicle_id])


def remember(response: HttpResponse, *, request: HttpRequest, reconnect: Reconnect, token: str = "") -> None:
    """Has the browser remember the departure, beside earlier ones for other cars."""
    departures = [
        Departure(reconnect_id=reconnect.pk, vehicle_id=reconnect.vehicle_id, token=token),
        *(each for each in departures_of(request) if each.vehicle_id != reconnect.vehicle_id),
    ]
    rows = [[each.reconnect_id, each.vehicle_id, each.token] for each in departures[:MOST_REMEMBERED]]
    response.set_signed_cookie(
        _cookie_name(),
        dumps(rows, separators=(",", ":")),
        salt=_SALT,
        max_age=REMEMBERED_FOR,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",  # it must come along when ev.energy sends the browser back
    )


def departures_of(request: HttpRequest) -> list[Departure]:
    """What the browser remembers, the latest first; nothing if it is too old or was tampered with."""
    text = request.get_signed_cookie(_cookie_name(), default="", salt=_SALT, max_age=REMEMBERED_FOR)
    try:
        rows = loads(text) if text else []
    except JSONDecodeError:
        return []
    return [Departure(reconnect_id=row[0], vehicle_id=row[1], token=row[2]) for row in rows]


def departure_of(request: HttpRequest) -> Departure | None:
    """Where the browser that comes back had left from: for the vehicle it names, else the latest."""
    departures, named = departures_of(request), request.GET.getlist("vehicle_uid")
    return next(
        (each for each in departures if each.vehicle_id in named), departures[0] if departures else None
    )


def came_back_with(query: QueryDict) -> CameBack:
    if "error" not in query:
        return CameBack.DONE
    return CameBack.STOPPED if query["error"] == "access_denied" else CameBack.BROKEN


def record_return(*, rows: ReconnectQuerySet, came_back_with: CameBack, now: datetime) -> None:
    """Notes that the owner of the one open reconnect among `rows` is back, and looks at the car soon.

    Who comes back very often is not noted any more.
    """
    reconnect = rows.open().select_related("vehicle__owner").first()
    if reconnect is None or reconnect.came_back_with == came_back_with:
        return
    if not may(Press.COME_BACK, owner=reconnect.vehicle.owner, now=now):
        return
    is_news = note_return(reconnect=reconnect, came_back_with=came_back_with, now=now)
    if is_news and came_back_with == CameBack.DONE:
        tasks.wake(tasks.Lane.WATCHES, now=now, at=now + WATCH_STEPS[0])


def _cookie_name() -> str:
    return "__Host-reconnects" if settings.SESSION_COOKIE_SECURE else "reconnects"
