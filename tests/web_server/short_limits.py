"""gunicorn's settings with limits that a test can wait for."""

from typing import Any

from onboarding_portal.gunicorn_config import *  # noqa: F403  settings build on settings
from onboarding_portal.web_server import connection, worker

keepalive = 1


def post_fork(server: Any, process: Any) -> None:
    connection.REQUEST_SECONDS = 1.0
    connection.ANSWER_SECONDS = 0.5
    connection.SLOWEST_ANSWER_BYTES_PER_SECOND = 200_000
    worker.TURN_SECONDS = 0.1
