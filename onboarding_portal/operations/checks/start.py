"""Stops a server whose settings are unsafe. Commands check by themselves; gunicorn knows nothing of checks."""

import logging

from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured

from onboarding_portal.operations.checks.registry import TAG

logger = logging.getLogger("onboarding_portal.start")


def refuse_unsafe_settings() -> None:
    """Raises ImproperlyConfigured with every error and its remedy; warnings become log lines."""
    found = [
        issue for issue in run_checks(tags=[TAG], include_deployment_checks=True) if not issue.is_silenced()
    ]
    errors = [issue for issue in found if issue.is_serious()]
    if errors:
        reasons = "\n".join(f"  {issue.msg} {issue.hint} ({issue.id})" for issue in errors)
        raise ImproperlyConfigured(f"The portal does not start with these settings:\n{reasons}")
    for issue in found:
        logger.warning("%s %s (%s)", issue.msg, issue.hint, issue.id)
