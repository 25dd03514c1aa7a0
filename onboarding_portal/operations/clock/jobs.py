"""The clock's longer jobs, as functions without arguments."""

import logging
from datetime import datetime

from django.utils import timezone

from onboarding_portal.catalogue import sync as catalogue
from onboarding_portal.ev_energy.client import get_client
from onboarding_portal.operations.clock import purge as purging
from onboarding_portal.reconnects.background.awaited import about_to_be_reminded, with_link_at_the_counter
from onboarding_portal.timing import SYNC_LEASE
from onboarding_portal.vehicles import sync as vehicles
from onboarding_portal.vehicles.awaited import request_awaited, without_first_data
from onboarding_portal.vehicles.data_age import data_age
from onboarding_portal.vehicles.pace import SLICE_TIME, SLOT, Pace, current_pace
from onboarding_portal.vehicles.tasks import enqueue_due_work

logger = logging.getLogger(__name__)


def sync_vehicles() -> None:
    """Reads as many pages as this slot has; then has the vehicles it found stale looked into.

    Neither they nor the cars that somebody waits for have to wait for the next sweep.
    """
    pace = current_pace()
    if data_age(pace=pace).every > SLOT:
        _read_awaited(pace, now=timezone.now())
    portion = vehicles.Portion(pages=pace.pages_a_slot, time=SLICE_TIME)
    report = vehicles.sync_vehicles(client=get_client(), portion=portion, patience=SYNC_LEASE)
    enqueue_due_work()
    logger.info("Vehicle sync %s", report.outcome)


def _read_awaited(pace: Pace, *, now: datetime) -> None:
    awaited = [without_first_data(now=now), with_link_at_the_counter(), about_to_be_reminded(now=now)]
    if request_awaited(awaited=awaited, at_most=pace.awaited_a_slot, now=now):
        enqueue_due_work()


def sync_catalogue() -> None:
    result = catalogue.sync_catalogue(client=get_client(), now=timezone.now())
    logger.info("Catalogue sync: %d makes, %d models, %d trims", result.makes, result.models, result.trims)


def purge() -> None:
    purging.purge(now=timezone.now())
