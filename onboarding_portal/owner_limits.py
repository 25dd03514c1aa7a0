"""How often an owner may press what makes us call ev.energy. All the numbers; `accounts/allowance.py` counts.

Anybody can register, as often as they have mailboxes, and all share one hourly limit at ev.energy. So each press is
counted for its owner. Whoever registered within a day has a few presses of their own (`first`), which are enough to
connect a car, and beyond them shares a pot with all others who did (`newcomers`): a thousand new accounts together
cannot press more often than that, and none of them takes the first presses of an honest one.

Pages that have a car read again need no number here: the car's row does it, in growing steps, about ten times in the
first hour (`vehicles/refresh.py`).

Amounts are written as allauth reads them: so many, in so long, by key.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

NEWCOMER_FOR = timedelta(days=1)


class Press(StrEnum):
    CONNECT = "connect"
    RETURN = "return"
    WAITLIST = "waitlist"
    COUNTRY = "country"
    RECONNECT = "reconnect"
    COME_BACK = "come_back"
    LOOK = "look"
    LET_GO = "let_go"
    SMART_CHARGING = "smart_charging"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    own: str
    first: str  # a day
    newcomers: str
    comes_back_in: timedelta  # the period of `own`, and of `newcomers` at least


HOUR, DAY = timedelta(hours=1), timedelta(days=1)

LIMITS = {
    # To connect a car when ev.energy has to be asked first: two calls, three for the first time.
    Press.CONNECT: Limit(own="10/1h/key", first="3/1d/key", newcomers="60/1h/key", comes_back_in=HOUR),
    # To come back with cars that are news: `own` and `first` count cars, a call for each, by their rows.
    Press.RETURN: Limit(own="40/1d/key", first="4/1d/key", newcomers="60/1h/key", comes_back_in=DAY),
    # One call each, and ev.energy writes to the owner.
    Press.WAITLIST: Limit(own="5/1h/key", first="1/1d/key", newcomers="20/1h/key", comes_back_in=HOUR),
    # One call each, to ask whether a model works in a country.
    Press.COUNTRY: Limit(own="10/1h/key", first="3/1d/key", newcomers="30/1h/key", comes_back_in=HOUR),
    # One call each. Manufacturers' sign-ins fail often enough for somebody to try ten times.
    Press.RECONNECT: Limit(own="20/1h/key", first="4/1d/key", newcomers="60/1h/key", comes_back_in=HOUR),
    # No call, but a row in the history and a look at the car a minute later.
    Press.COME_BACK: Limit(own="20/1h/key", first="4/1d/key", newcomers="60/1h/key", comes_back_in=HOUR),
    # Two calls, for the cars of who signed in for the first time; refused, they are looked up in the background.
    # The owner's row allows about fifteen in all, in growing steps.
    Press.LOOK: Limit(own="30/1d/key", first="1/1d/key", newcomers="60/1h/key", comes_back_in=HOUR),
    # Two calls, to disconnect or remove a car while its owner waits; beyond it the background does it.
    Press.LET_GO: Limit(own="10/1h/key", first="2/1d/key", newcomers="60/1h/key", comes_back_in=HOUR),
    # One call each: what ev.energy has of the home, suppliers, tariffs, and what is saved: six without a slip.
    Press.SMART_CHARGING: Limit(
        own="40/1h/key", first="12/1d/key", newcomers="60/1h/key", comes_back_in=HOUR
    ),
}

# Attempts to connect a car. Most call nobody, but each is a row.
MOST_BEGUN = {HOUR: 15, DAY: 40}
# How many of them may be open; one more, and the oldest counts as abandoned.
MOST_OPEN = 5
# How many vehicles an attempt may bring back in its life; nobody connects more cars in one go.
MOST_CLAIMS = 20
# After so many vehicles that were not the owner's an attempt may bring no new ones, and the rest is not asked about.
MOST_REFUSED = 3

# The same numbers, as a part of allauth's setting.
RATE_LIMITS = {
    f"{press}:{name}": rate
    for press, limit in LIMITS.items()
    for name, rate in (("own", limit.own), ("first", limit.first), ("newcomers", limit.newcomers))
}
