from typing import Any

from django.core.management.base import BaseCommand, CommandError

from onboarding_portal.ev_energy.client import get_client
from onboarding_portal.ev_energy.errors import EvEnergyError
from onboarding_portal.timing import SYNC_LEASE
from onboarding_portal.vehicles.sync import sync_vehicles


class Command(BaseCommand):
    help = "Reads all vehicles from ev.energy. Goes on where the last run stopped; does nothing if one is running."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            report = sync_vehicles(client=get_client(), patience=SYNC_LEASE)
        except EvEnergyError as error:
            raise CommandError(f"The vehicles could not be read: {error}") from error
        self.stdout.write(f"Sync {report.outcome}.")
        if report.run and report.applied:
            self.stdout.write(
                f"{report.run.vehicle_count} vehicles on {report.run.page_count} pages: "
                f"{report.run.created_count} new, {report.run.removed_count} removed, "
                f"{report.run.owner_changed_count} with another owner, "
                f"{report.run.unknown_owner_count} of owners not known here, "
                f"{report.run.unreadable_count} that could not be read. "
                f"Now stale: {report.applied.connection_lost} lost, {report.applied.silent} silent; "
                f"{report.applied.cleared} came back."
            )
