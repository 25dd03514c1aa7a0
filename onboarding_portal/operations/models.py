"""The rows of this app, for Django to find."""

from onboarding_portal.operations.clock.regular_job import RegularJob
from onboarding_portal.operations.metrics.processes import Process

__all__ = ["Process", "RegularJob"]
