"""Two submits of the same page at the same moment."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.contrib.admin.models import LogEntry
from django.db import connection
from django.http import HttpResponse

from onboarding_portal.reconnects.models import Batch, Reconnect
from tests.reconnects.office import LOOK, choose, confirm, page_of, staff_with
from tests.reconnects.rows import make_broken_car

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def at_once(work: Callable[[], HttpResponse], *, times: int) -> list[HttpResponse]:
    start = Barrier(times)

    def run() -> HttpResponse:
        start.wait()
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(times) as threads:
        return [future.result() for future in [threads.submit(run) for _number in range(times)]]


def test_submits_at_the_same_moment_make_one_batch() -> None:
    client = staff_with(*LOOK, "request_reconnect_links")
    cars = [make_broken_car() for _number in range(20)]
    page = choose(client, "request_reconnect_links", cars)

    answers = at_once(lambda: confirm(client, page), times=4)

    assert {answer["Location"] for answer in answers} == {page_of(Batch.objects.get())}
    assert Reconnect.objects.count() == len(cars)
    assert LogEntry.objects.count() == 1
