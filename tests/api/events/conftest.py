from collections.abc import Iterator

import pytest
from pytest_django import Settings

from onboarding_portal.public_http import close_connections
from tests.api.events.receiver import Receiver, receiving


@pytest.fixture
def receiver(settings: Settings) -> Iterator[Receiver]:
    """A company's system that takes events, on this machine, to which alone they may go here."""
    with receiving() as running:
        settings.LOCAL_ORIGINS = [running.origin]
        yield running
    close_connections()
