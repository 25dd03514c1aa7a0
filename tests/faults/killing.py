"""A worker of its own process, killed in the middle of its work."""

import os
import signal
import time
import warnings
from collections.abc import Callable

from django.core.management import call_command
from django.db import connections

from onboarding_portal.ev_energy.client import forget_client


def kill_worker_once(is_in_the_middle: Callable[[], bool]) -> None:
    """Works off the queue in a process of its own, and kills that as soon as it is there."""
    connections.close_all()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of threads, which only the parent has
        child = os.fork()
    if child == 0:
        forget_client()
        try:
            call_command("db_worker", batch=True, startup_delay=False, verbosity=0)
        finally:
            os._exit(0)
    give_up_at = time.monotonic() + 10
    while not is_in_the_middle() and time.monotonic() < give_up_at:
        time.sleep(0.01)
    os.kill(child, signal.SIGKILL)
    _pid, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), "It ended before it was killed"
