"""The portal as it is deployed: its own settings, from the environment the benchmark sets."""

from onboarding_portal.settings import *  # noqa: F403  settings build on settings
