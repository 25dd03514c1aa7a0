"""`manage.py erase_owner`: erases an owner and their cars, after asking."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from onboarding_portal.accounts.audit import command
from onboarding_portal.accounts.erasing import erase
from onboarding_portal.accounts.find_owner import find_owner
from onboarding_portal.accounts.held import person_of
from onboarding_portal.accounts.models import User


class Command(BaseCommand):
    help = "Erases an owner and their cars here and, with --at-ev-energy, their cars at ev.energy."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("owner", help="e-mail address, id, or id at ev.energy")
        parser.add_argument("--at-ev-energy", action="store_true", help="remove the cars at ev.energy, too")
        parser.add_argument("--yes", action="store_true", help="do not ask")
        parser.add_argument("--why", default="", help="a reason for the audit log, without names")

    def handle(self, *args: Any, **options: Any) -> None:
        owner = find_owner(options["owner"])
        cars = len(person_of(owner).vehicle_ids)
        where = "here and at ev.energy" if options["at_ev_energy"] else "here"
        if not options["yes"] and input(f"Erase this owner and {cars} cars {where}? Type yes: ") != "yes":
            raise CommandError("Nothing was erased.")
        try:
            erasure = erase(
                owner=owner,
                by=command("erase_owner"),
                at_ev_energy=options["at_ev_energy"],
                now=timezone.now(),
                why=options["why"],
            )
        except User.DoesNotExist:
            raise CommandError("Somebody else was faster.") from None
        self.stdout.write(
            f"Erased: {sum(erasure.counts.values())} rows. What comes of it: erasure {erasure.pk}"
        )
