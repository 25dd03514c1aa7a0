"""What the clock has the policy do, as functions without arguments."""

import logging

from django.utils import timezone

from onboarding_portal.reconnects.models import Arm
from onboarding_portal.reconnects.policy.run import run
from onboarding_portal.reconnects.policy.switch import finish_stop

logger = logging.getLogger(__name__)


def run_policy() -> None:
    done = run(now=timezone.now())
    if done:
        logger.info(
            "The policy: %d e-mails queued, %d cars put off", done[Arm.MAIN], done.total() - done[Arm.MAIN]
        )


def sweep_policy() -> None:
    """Once a minute: whatever a stop of the policy left behind."""
    finish_stop(now=timezone.now())
