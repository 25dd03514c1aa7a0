"""gunicorn's settings, with very few connections for a process."""

from typing import Any

from onboarding_portal.gunicorn_config import *  # noqa: F403  settings build on settings
from onboarding_portal.web_server import worker

MOST_CONNECTIONS = 30


def post_fork(server: Any, process: Any) -> None:
    worker.MOST_CONNECTIONS = MOST_CONNECTIONS
    worker.TURN_SECONDS = 0.1
