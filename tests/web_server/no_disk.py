"""gunicorn's settings, and no process may write a byte to a file: the system refuses it."""

import resource
from typing import Any

from onboarding_portal.gunicorn_config import *  # noqa: F403  settings build on settings


def post_fork(server: Any, process: Any) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
