"""Every few seconds: how the engine is, what began or is over, and whom it is told to.

The clock does it as one of its jobs. A clock that is dead cannot tell of itself, nor one whose threads are all busy:
so every process looks beside its signs of life whether this is due, and the first to see it does it.
"""

import logging
from collections.abc import Callable
from datetime import datetime

from django.db import Error as DatabaseFailure
from django.utils import timezone

from onboarding_portal.operations.clock.regular_job import RegularJob
from onboarding_portal.operations.clock.schedule import WATCH, perform
from onboarding_portal.operations.engine.alarms import Alarm
from onboarding_portal.operations.engine.conditions import what_is_wrong
from onboarding_portal.operations.engine.facts import read_facts
from onboarding_portal.operations.engine.samples import Sample
from onboarding_portal.operations.engine.telling import channels, tell_what_is_due

logger = logging.getLogger(__name__)


def look() -> None:
    """Begins and ends alarms, and tells what is to be told. Raises django.db.Error."""
    now = timezone.now()
    facts = read_facts(now=now)
    Sample.objects.take(facts.rates.sums, now=now)
    so = {wrong.key: wrong.finding.facts for wrong in what_is_wrong(facts)}
    Alarm.objects.settle(so, channels=channels(), now=now)
    tell_what_is_due(clock=timezone.now)


def look_if_due(*, clock: Callable[[], datetime] = timezone.now) -> bool:
    """Looks unless somebody else has a moment ago; whether it did. One query where there is nothing to do."""
    try:
        row = RegularJob.objects.filter(name=WATCH.name).first()
        is_due = row is None or row.is_due(every=WATCH.every, now=clock())
        return is_due and perform(WATCH, clock=clock)
    except DatabaseFailure as failure:
        logger.warning("The engine is not looked after: %s", type(failure).__name__)
        return False
