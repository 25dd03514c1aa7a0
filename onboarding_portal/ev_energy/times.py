"""Times as ev.energy writes them: ISO 8601 in UTC, ending in Z."""

from datetime import UTC, datetime


def iso(moment: datetime) -> str:
    """`2024-04-17T09:39:45.984584Z`. Raises ValueError for a time without a zone."""
    if moment.tzinfo is None:
        raise ValueError("A time sent to ev.energy needs a zone.")
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
