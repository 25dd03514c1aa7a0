"""How many threads of a web process may wait for ev.energy at a time: whoever finds no turn is answered at once.

A web process has four threads (Procfile). When ev.energy takes five seconds over an answer, four owners who come back
together would hold all of them, and everybody else's page would wait behind. So two may wait and two are left for
pages. Those without a turn are not refused: what they want is stored, and the background does it.

While ev.energy is quick nobody should notice: a turn is then waited for, for a moment, because it is over in one.
"""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

TURNS = 2
WAIT_SECONDS = 0.5
QUICK_SECONDS = 1.0


class Turns:
    """So many at a time, in one process."""

    def __init__(self, *, most: int) -> None:
        self._free = threading.BoundedSemaphore(most)
        self._is_slow = False

    @contextmanager
    def taken(self) -> Iterator[bool]:
        """Whether the caller has a turn, until the end of the block, and so may wait for ev.energy."""
        is_mine = self._free.acquire(timeout=0 if self._is_slow else WAIT_SECONDS)
        if not is_mine:
            self._is_slow = True
            yield False
            return
        began = time.monotonic()
        try:
            yield True
        finally:
            self._is_slow = time.monotonic() - began > QUICK_SECONDS
            self._free.release()


turns = Turns(most=TURNS)
