"""The rows of this app, for Django to find."""

from onboarding_portal.operations.clock.regular_job import RegularJob

__all__ = ["RegularJob"]
