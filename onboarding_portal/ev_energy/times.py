"""Times as ev.energy takes and writes them: it takes ISO 8601 in UTC ending in Z, and may write any form of it."""

import re
from datetime import UTC, datetime, timedelta

from dateutil.parser import isoparse


def iso(moment: datetime) -> str:
    """`2024-04-17T09:39:45.984584Z`. Raises ValueError for a time without a zone."""
    if moment.tzinfo is None:
        raise ValueError("A time sent to ev.energy needs a zone.")
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def read_moment(text: str) -> datetime:
    """An aware UTC time, of any form of ISO 8601 or RFC 3339; one without a zone is in UTC. Raises ValueError."""
    text = re.sub(r"(?<!\s)\s+(?=[+-]|Z$)", "", text.strip().upper())
    # A leap second is no second of Python's.
    whole = re.sub(r"(?<=\d\d:\d\d:)60|(?<=T\d{4})60", "59", text)
    moment = isoparse(whole)
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    try:
        return moment.astimezone(UTC) + timedelta(seconds=whole != text)
    except OverflowError:
        raise ValueError("The time is beyond the calendar.") from None
