"""allauth's redirect as in allauth_settings, but with the portal's short way of reading sessions and users."""

from onboarding_portal.settings import AUTHENTICATION_BACKENDS as QUICK_BACKENDS
from onboarding_portal.settings import SESSION_ENGINE as QUICK_SESSIONS
from tests.benchmarks.allauth_settings import *  # noqa: F403  settings build on settings

AUTHENTICATION_BACKENDS = QUICK_BACKENDS
SESSION_ENGINE = QUICK_SESSIONS
