"""The rows of this app, for Django to find."""

from onboarding_portal.operations.clock.regular_job import RegularJob
from onboarding_portal.operations.engine.alarms import Alarm, Notice
from onboarding_portal.operations.engine.samples import Sample
from onboarding_portal.operations.metrics.processes import Process

__all__ = ["Alarm", "Notice", "Process", "RegularJob", "Sample"]
