from typing import Any

from django.core.management.base import BaseCommand, CommandError

from onboarding_portal.operations.ev_energy_check.finding import Verdict
from onboarding_portal.operations.ev_energy_check.findings import check_ev_energy


class Command(BaseCommand):
    help = "Tells whether credentials, scopes, redirect origin, clock and budget are right, and what to do if not."

    def handle(self, *args: Any, **options: Any) -> None:
        wrong = 0
        for finding in check_ev_energy():
            wrong += finding.verdict == Verdict.WRONG
            self.stdout.write(f"{finding.verdict:<4} {finding.subject}: {finding.text}")
        if wrong:
            raise CommandError(f"{wrong} to fix.")
