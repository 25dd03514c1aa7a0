"""What gunicorn cannot be told in the Procfile: its log lines are made and cleaned as all others, and an ending
worker loses nobody.

Reading the settings here has a second use: if one is missing, gunicorn says so and ends before it forks.
"""

import importlib
import os
import signal
from types import FrameType
from typing import Any

_settings = importlib.import_module(os.environ.get("DJANGO_SETTINGS_MODULE") or "onboarding_portal.settings")

logconfig_dict: dict[str, Any] = _settings.LOGGING

# Platforms tell a process to end, and their routers to send nothing there, at about the same moment. Less than a
# second: who comes last may have to wait eight for ev.energy, and --graceful-timeout ends everything after nine.
STILL_ACCEPTING_SECONDS = 0.75
CLOSING_SECONDS = 0.1  # what its loop has to stop accepting, before the door is closed


def post_worker_init(worker: Any) -> None:
    """A worker told to end goes on accepting for a moment, closes the door, and answers all it has accepted.

    gunicorn's own stops accepting at once and leaves the door open: visitors the router still sends wait for nothing.
    """
    stop_accepting: Any = signal.getsignal(signal.SIGTERM)

    def begin_to_end(number: int, frame: FrameType | None) -> None:
        signal.signal(
            signal.SIGTERM, signal.SIG_IGN
        )  # it may come twice: from the platform and from the master
        signal.setitimer(signal.ITIMER_REAL, STILL_ACCEPTING_SECONDS, CLOSING_SECONDS)

    def go_on_ending(number: int, frame: FrameType | None) -> None:
        if worker.alive:
            stop_accepting(signal.SIGTERM, frame)
            return
        signal.setitimer(signal.ITIMER_REAL, 0)
        for listener in worker.sockets:
            listener.close()

    signal.signal(signal.SIGALRM, go_on_ending)
    signal.signal(signal.SIGTERM, begin_to_end)
