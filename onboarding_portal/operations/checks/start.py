"""Stops a server whose settings are unsafe. Commands check by themselves; gunicorn knows nothing of checks."""

import logging
import sys

from django.core.checks import run_checks

from onboarding_portal.environment import SettingsRefused
from onboarding_portal.operations.checks.registry import TAG

logger = logging.getLogger("onboarding_portal.start")

# By this status gunicorn knows that starting again is in vain, and ends.
APPLICATION_DID_NOT_LOAD = 4


def refuse_unsafe_settings() -> None:
    """Raises SettingsRefused with every error and its remedy; warnings become log lines."""
    found = [
        issue for issue in run_checks(tags=[TAG], include_deployment_checks=True) if not issue.is_silenced()
    ]
    if errors := [str(issue) for issue in found if issue.is_serious()]:
        raise SettingsRefused("\n".join(["The portal does not start with these settings:", *errors]))
    for issue in found:
        logger.warning("%s", issue)


def end_with_unsafe_settings() -> None:
    """Ends the process, with a line for each error, where `refuse_unsafe_settings` would raise."""
    try:
        refuse_unsafe_settings()
    except SettingsRefused as refusal:
        print(refusal, file=sys.stderr, flush=True)  # noqa: T201  for whoever starts it
        sys.exit(APPLICATION_DID_NOT_LOAD)
