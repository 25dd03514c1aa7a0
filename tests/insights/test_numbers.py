"""Every number of the first page equals the number counted from the rows, over random histories."""

from collections.abc import Iterator

import pytest
import time_machine
from django.db import transaction
from hypothesis import HealthCheck, given, settings

from onboarding_portal.insights.job import count_now
from onboarding_portal.insights.models import DailyCount, Summary
from onboarding_portal.insights.period import CHOICES
from tests.factories import NOW
from tests.insights import naive
from tests.insights.histories import HISTORIES, History, write

pytestmark = pytest.mark.django_db

QUICK = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    database=None,
)


@pytest.fixture(autouse=True)
def _it_is_now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@QUICK
@given(history=HISTORIES)
def test_every_number_equals_the_number_counted_from_the_rows(history: History) -> None:
    with transaction.atomic():
        write(history)
        count_now(now=NOW)
        counted = naive.cars(NOW)
        stored = {key: number for key, number in DailyCount.objects.of(NOW.date()).items() if number}
        assert stored == counted
        for days in CHOICES:
            figures = Summary.objects.get(pk=days).figures
            today = {
                (subject, key): number for subject, key, number in figures["cars"]["counts"]["0"] if number
            }
            assert today == counted
            assert (
                figures["cars"]["trend"]
                == [
                    [NOW.date().isoformat(), counted.get(("CONNECTED", ""), 0), counted.get(("STALE", ""), 0)]
                ]
                or not counted
            )
            for by in ("channel", "of_make", "of_cause"):
                assert figures["repairs"][by] == naive.repairs(NOW, days=days, by=by)
            assert figures["repairs"]["total"] == naive.repairs(NOW, days=days, by="total").get("", {})
            makes = naive.connecting(NOW, days=days)
            assert figures["connecting"]["total"] == {
                step: sum(row[step] for row in makes.values())
                for step in ("seen", "picked", "left", "back", "data")
            }
            assert dict(figures["connecting"]["searches"]) == naive.searches(NOW, days=days)
        transaction.set_rollback(True)
