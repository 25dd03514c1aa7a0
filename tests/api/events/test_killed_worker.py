"""A worker of its own process, killed while a receiver answers it: the next one delivers all, in order."""

from collections import Counter
from datetime import timedelta
from threading import Event as Moment
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone

from onboarding_portal.api.events import tasks
from onboarding_portal.api.events.distribution import distribute
from onboarding_portal.api.events.models import Delivery, DeliveryState, Lane
from onboarding_portal.api.events.tasks import sweep_events
from onboarding_portal.public_http import close_connections
from tests.api.events.receiver import Handler, Receiver, take
from tests.api.events.rows import an_endpoint
from tests.api.events.test_delivery import CARS, nothing_is_amiss, some_events
from tests.faults.killing import kill_worker_once

pytestmark = pytest.mark.django_db(transaction=True)


def kill_while_answered(receiver: Receiver, *, after: int) -> None:
    """So many events are taken by then, and of the next one's answer half."""
    is_answering, is_killed = Moment(), Moment()

    def take_some(handler: Handler, body: Any) -> None:
        with receiver.lock:
            is_held = len(receiver.got) >= after
        if not is_held:
            take(handler, body)
            return
        handler.keep(body)
        handler.wfile.write(b"HTTP/1.1 2")
        handler.wfile.flush()
        is_answering.set()
        is_killed.wait(10)
        handler.close_connection = True

    receiver.behave = take_some
    try:
        kill_worker_once(is_answering.is_set)
    finally:
        receiver.behave = take
        is_killed.set()


@pytest.mark.parametrize("after", [0, 7])
def test_nothing_is_lost_and_nothing_out_of_order(receiver: Receiver, after: int) -> None:
    an_endpoint(receiver.url)
    some_events(1, 2, 3)
    distribute(now=timezone.now())
    tasks.wake(now=timezone.now())
    kill_while_answered(receiver, after=after)

    # It left its leases behind, and could not note anything.
    assert Lane.objects.exclude(lease_until=None).exists()
    assert not Delivery.objects.exclude(state=DeliveryState.PENDING).exists()
    assert len(receiver.got) > after

    some_events(4)  # happens meanwhile
    with time_machine.travel(timezone.now() + timedelta(minutes=2)):
        sweep_events()
        call_command("db_worker", batch=True, startup_delay=False, verbosity=0)
    close_connections()

    nothing_is_amiss(receiver, 1, 2, 3, 4)
    assert set(Delivery.objects.values_list("state", flat=True)) == {DeliveryState.DELIVERED}
    copies = Counter(event_id for event_id, _body in receiver.got)
    assert len(copies) == 4 * len(CARS)
    assert set(copies.values()) == {1, 2}
