"""Time as whole microseconds since 1970 (`…_us`), because logs are found by their exact time stamp."""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

SECOND_US = 1_000_000
HOUR_US = 3600 * SECOND_US
DAY_US = 24 * HOUR_US
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
LATEST_US = 250_000_000_000 * SECOND_US  # year 9892: as far as `iso` may be asked to go


@dataclass(frozen=True)
class Clock:
    """The machine's clocks. Tests put their own in its place."""

    def now_us(self) -> int:
        return time.time_ns() // 1000

    def monotonic_seconds(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


def iso(moment_us: int) -> str:
    """`2024-04-17T09:39:45.984584Z`, always with six decimals so that text sorts as time does."""
    moment = EPOCH + timedelta(microseconds=moment_us)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond:06d}Z"


def parse_iso(text: str) -> int:
    """Microseconds since 1970; a time without a zone is taken as UTC. ValueError if it is no time."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - EPOCH) // timedelta(microseconds=1)
