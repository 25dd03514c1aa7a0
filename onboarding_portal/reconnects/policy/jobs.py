"""What the clock has the policy do, as functions without arguments."""

import logging

from django.utils import timezone

from onboarding_portal.reconnects.models import Arm
from onboarding_portal.reconnects.policy import ahead
from onboarding_portal.reconnects.policy import survival as counting
from onboarding_portal.reconnects.policy.results import settle
from onboarding_portal.reconnects.policy.run import run
from onboarding_portal.reconnects.policy.switch import finish_stop

logger = logging.getLogger(__name__)


def run_policy() -> None:
    now = timezone.now()
    settle(now=now)
    done = run(now=now)
    told = ahead.choose(now=now)
    sent = ahead.send(now=now)
    if told or sent:
        logger.info("The policy: %d owners to be told ahead, %d told", told, sent)
    if done:
        logger.info(
            "The policy: %d e-mails queued, %d cars put off", done[Arm.MAIN], done.total() - done[Arm.MAIN]
        )


def count_survival() -> None:
    """How long connections live, once a day."""
    logger.info("Lifetimes of connections: %d makes", counting.count_survival(now=timezone.now()))


def sweep_policy() -> None:
    """Once a minute: whatever a stop of the policy left behind."""
    finish_stop(now=timezone.now())
