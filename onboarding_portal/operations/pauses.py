"""How a process that cannot reach the database goes on: it waits, each time longer, and says so."""

import logging
import random
import time
from collections.abc import Callable

from django.db import connections

SHORTEST_SECONDS, LONGEST_SECONDS = 1.0, 30.0

logger = logging.getLogger(__name__)


class Pauses:
    """Each pause is twice the one before, and a little by chance, so that many processes do not come at once."""

    def __init__(self, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._sleep = sleep
        self._next = SHORTEST_SECONDS

    def wait(self, error: BaseException) -> None:
        """Lets go of the connections, which may lead to a server that is none any more, and sleeps."""
        seconds = self._next * random.uniform(1.0, 1.25)  # noqa: S311  chance that spreads, no secret
        logger.warning(
            "The database or the cache cannot be reached (%s); next try in %.0f s",
            type(error).__name__,
            seconds,
        )
        self._next = min(2 * self._next, LONGEST_SECONDS)
        connections.close_all()
        self._sleep(seconds)

    def end(self) -> None:
        """It works again."""
        if self._next > SHORTEST_SECONDS:
            logger.info("The database is back")
        self._next = SHORTEST_SECONDS
