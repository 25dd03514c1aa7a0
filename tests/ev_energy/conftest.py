"""The client's tests need no database: their cache is in memory, and each has its own."""

import uuid

import pytest
from pytest_django import Settings

from onboarding_portal.ev_energy.client import Client, forget_client, get_client
from tests.ev_energy_api import EvEnergyApi


@pytest.fixture(autouse=True)
def _own_cache(settings: Settings) -> None:
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
            "LOCATION": uuid.uuid4().hex,
        }
    }


@pytest.fixture
def client(ev_energy_api: EvEnergyApi) -> Client:
    """The portal's own client; ev.energy is faked."""
    forget_client()
    return get_client()
