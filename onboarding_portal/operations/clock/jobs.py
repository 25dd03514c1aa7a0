"""The clock's longer jobs, as functions without arguments."""

import logging

from django.utils import timezone

from onboarding_portal.catalogue import sync as catalogue
from onboarding_portal.ev_energy.client import get_client
from onboarding_portal.operations.clock import purge as purging
from onboarding_portal.timing import SYNC_LEASE
from onboarding_portal.vehicles import sync as vehicles
from onboarding_portal.vehicles.tasks import enqueue_due_work

logger = logging.getLogger(__name__)


def sync_vehicles() -> None:
    """Then has the vehicles it found stale looked into, without waiting for the next sweep."""
    report = vehicles.sync_vehicles(client=get_client(), patience=SYNC_LEASE)
    enqueue_due_work()
    logger.info("Vehicle sync %s", report.outcome)


def sync_catalogue() -> None:
    result = catalogue.sync_catalogue(client=get_client(), now=timezone.now())
    logger.info("Catalogue sync: %d makes, %d models, %d trims", result.makes, result.models, result.trims)


def purge() -> None:
    purging.purge(now=timezone.now())
