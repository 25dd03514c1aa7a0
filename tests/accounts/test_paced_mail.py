"""Places for e-mails nobody waits for: by the minute, by receiving domain, by the clocks where their reader lives."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django import Settings

from onboarding_portal.accounts.models import MailMinute, WaitsFor
from onboarding_portal.accounts.paced_mail import MINUTE, PutOff, next_open, take_place

NOON = datetime(2026, 3, 14, 12, 0, 20, tzinfo=UTC)
NEXT = datetime(2026, 3, 14, 12, 1, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _few_places(settings: Settings) -> None:
    settings.MAIL_HOURS = (8, 20)
    settings.MAILS_PER_MINUTE, settings.MAILS_PER_MINUTE_TO_A_DOMAIN = 5, 2


def place(domain: str = "example.com", *, zone: str = "", now: datetime = NOON) -> PutOff | None:
    return take_place(address=f"vera@{domain}", time_zone=zone, now=now)


def turn(minutes: int) -> PutOff:
    return PutOff(until=NEXT + (minutes - 1) * MINUTE, waits_for=WaitsFor.TURN)


def test_a_domain_gets_so_many_in_a_minute_and_each_later_minute_is_promised_to_so_many() -> None:
    assert [place() for _ in range(7)] == [None, None, turn(1), turn(1), turn(2), turn(2), turn(3)]
    assert place("elsewhere.example") is None


def test_all_domains_together_get_so_many_in_a_minute() -> None:
    domains = [f"{number}.example" for number in range(12)]

    assert [place(domain) for domain in domains] == [None] * 5 + [turn(1)] * 5 + [turn(2)] * 2
    assert MailMinute.objects.get(domain="", minute=NEXT - MINUTE).sent == 5


def test_a_full_minute_takes_nothing_from_the_domains() -> None:
    for number in range(5):
        place(f"{number}.example")

    assert place() is not None
    assert MailMinute.objects.get(domain="example.com", minute=NEXT - MINUTE).sent == 0


def test_one_domain_that_is_put_off_far_does_not_put_off_the_others() -> None:
    for _ in range(20):
        place("gmail.example")

    assert place("elsewhere.example") is None
    assert [place("other.example", now=NOON + MINUTE) for _ in range(2)] == [None, None]


def test_who_was_put_off_gets_the_promised_place() -> None:
    put_off = [place() for _ in range(6)][2:]

    later = [place(now=each.until) for each in put_off if each]

    assert later == [None] * 4


@pytest.mark.parametrize(
    ("zone", "now", "opens_at"),
    [
        ("Europe/Berlin", "2026-03-14T06:59Z", "2026-03-14T07:00Z"),
        ("Europe/Berlin", "2026-03-14T19:00Z", "2026-03-15T07:00Z"),
        ("America/New_York", "2026-03-14T11:00Z", "2026-03-14T12:00Z"),
        ("Pacific/Auckland", "2026-03-14T07:30Z", "2026-03-14T19:00Z"),
        ("Asia/Kolkata", "2026-03-14T14:30Z", "2026-03-15T02:30Z"),
        # The clocks go forward in the night to 29 March, and back in that to 25 October.
        ("Europe/Berlin", "2026-03-28T20:00Z", "2026-03-29T06:00Z"),
        ("Europe/Berlin", "2026-10-24T18:30Z", "2026-10-25T07:00Z"),
        ("Europe/Berlin", "2026-10-25T06:30Z", "2026-10-25T07:00Z"),
        # What is not known, or known no more, is the portal's.
        ("", "2026-03-14T07:59Z", "2026-03-14T08:00Z"),
        ("Gone/Away", "2026-03-14T20:00Z", "2026-03-15T08:00Z"),
    ],
)
def test_nothing_goes_out_before_the_hours_where_the_reader_lives(zone: str, now: str, opens_at: str) -> None:
    assert place(zone=zone, now=datetime.fromisoformat(now)) == PutOff(
        until=datetime.fromisoformat(opens_at), waits_for=WaitsFor.HOURS
    )
    assert not MailMinute.objects.exists()
    assert place(zone=zone, now=datetime.fromisoformat(opens_at)) is None


def test_a_turn_after_the_hours_is_one_of_the_next_day() -> None:
    late = datetime(2026, 3, 14, 19, 59, tzinfo=UTC)

    assert [place(now=late) for _ in range(3)] == [
        None,
        None,
        PutOff(until=datetime(2026, 3, 15, 8, tzinfo=UTC), waits_for=WaitsFor.HOURS),
    ]


@pytest.mark.parametrize(
    ("at", "opens_at"),
    [
        ("2026-03-29T00:59Z", "2026-03-29T01:00Z"),  # two o'clock is not: it is three then
        ("2026-10-24T23:59Z", "2026-10-25T00:00Z"),  # two o'clock comes twice: the first is it
        ("2026-10-25T01:30Z", "2026-10-25T01:30Z"),
    ],
)
def test_hours_that_begin_where_the_clocks_jump(settings: Settings, at: str, opens_at: str) -> None:
    settings.MAIL_HOURS = (2, 6)

    found = next_open(zone=ZoneInfo("Europe/Berlin"), at=datetime.fromisoformat(at))

    assert found == datetime.fromisoformat(opens_at)


ZONES = [
    "Europe/Berlin",
    "Australia/Lord_Howe",
    "America/St_Johns",
    "Pacific/Apia",
    "Africa/Casablanca",
    "UTC",
]


@given(
    st.sampled_from(ZONES),
    st.datetimes(datetime(2024, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001  made aware
)
@hypothesis_settings(max_examples=150, deadline=None)
def test_the_next_hours_are_open_begin_within_a_day_and_none_are_missed(zone: str, at: datetime) -> None:
    """Written out hour by hour, and not by the rule that is tested."""
    there = ZoneInfo(zone)

    opens_at = next_open(zone=there, at=at)

    assert at <= opens_at <= at + timedelta(hours=14)
    assert 8 <= opens_at.astimezone(there).hour < 20
    if opens_at != at:
        before = [opens_at - timedelta(minutes=minutes) for minutes in range(1, 14 * 60, 7)]
        assert all(not 8 <= each.astimezone(there).hour < 20 for each in before if each >= at)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_workers_at_once_take_no_more_places_than_there_are() -> None:
    def take() -> list[PutOff | None]:
        try:
            return [place() for _ in range(5)] + [place(f"{number}.example") for number in range(5)]
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        taken = [each for future in [pool.submit(take) for _ in range(6)] for each in future.result()]

    assert taken.count(None) == 5
    assert MailMinute.objects.get(domain="", minute=NEXT - MINUTE).sent == 5
    assert MailMinute.objects.get(domain="example.com", minute=NEXT - MINUTE).sent <= 2
