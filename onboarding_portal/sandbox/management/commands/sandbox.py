"""`manage.py sandbox`: a stand-in for ev.energy on a port of this machine."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from onboarding_portal.sandbox.cli import StartError, add_arguments, serve


class Command(BaseCommand):
    help = "Starts a stand-in for ev.energy that speaks its API, with onboarding and sign-in pages."
    requires_system_checks: list[str] = []  # nothing of the portal is used

    def add_arguments(self, parser: ArgumentParser) -> None:
        add_arguments(parser)

    def handle(self, *args: object, **options: Any) -> None:
        try:
            serve(options)
        except StartError as error:
            raise CommandError(str(error)) from None
