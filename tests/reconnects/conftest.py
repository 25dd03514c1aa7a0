from collections.abc import Iterator

import pytest
import time_machine

from tests.factories import NOW


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    """The time is NOW and stands still until a test moves it."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller
