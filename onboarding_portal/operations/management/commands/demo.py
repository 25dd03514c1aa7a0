"""`manage.py demo`: the whole portal on this machine, with a stand-in for ev.energy. Needs no account anywhere."""

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from onboarding_portal.operations.demo.environment import add_arguments
from onboarding_portal.operations.demo.processes import DemoFailed
from onboarding_portal.operations.demo.run import run_demo


class Command(BaseCommand):
    help = "Runs the portal, its worker and clock, and a stand-in for ev.energy, with owners and cars to try."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        add_arguments(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            run_demo(folder=options["folder"].resolve(), say=self.stdout.write)
        except DemoFailed as error:
            raise CommandError(str(error)) from error
