from datetime import timedelta

import pytest

from onboarding_portal.lengths import about, exact

HOUR, DAY = 3600, 86400


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "less than a minute"),
        (61, "2 minutes"),
        (2 * HOUR, "120 minutes"),
        (2 * HOUR + 1, "3 hours"),
        (DAY, "24 hours"),
        (2 * DAY + 1, "3 days"),
        (float("inf"), "forever: all requests of an hour are kept for owners"),
    ],
)
def test_rough_length_is_never_too_short(seconds: float, said: str) -> None:
    assert about(seconds) == said


@pytest.mark.parametrize(
    ("length", "said"),
    [
        (timedelta(), "0 min"),
        (timedelta(minutes=15), "15 min"),
        (timedelta(minutes=90), "1 h 30 min"),
        (timedelta(hours=28), "28 h"),
        (timedelta(minutes=1440), "24 h"),
        (timedelta(hours=52, minutes=20), "2 days 4 h"),
    ],
)
def test_exact_length_has_no_more_minutes_than_an_hour(length: timedelta, said: str) -> None:
    assert exact(length) == said
