"""`manage.py sync_catalogue`: brings makes, models and trims up to date."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from onboarding_portal.catalogue.sync import EmptyCatalogue, sync_catalogue
from onboarding_portal.ev_energy.client import get_client
from onboarding_portal.ev_energy.errors import EvEnergyError


class Command(BaseCommand):
    help = "Reads all makes, models and trims from ev.energy. If a page fails, nothing is changed."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            result = sync_catalogue(client=get_client(), now=timezone.now())
        except (EvEnergyError, EmptyCatalogue) as error:
            raise CommandError(f"The catalogue was left as it is: {error}") from error
        self.stdout.write(
            f"{result.makes} makes, {result.models} models, {result.trims} trims; "
            f"{result.retired} retired, {result.orphans} without a parent and "
            f"{result.unreadable} that could not be read left out."
        )
