"""`manage.py export_owner`: all that is held about an owner, as JSON on the standard output."""

import argparse
import json
from typing import Any

from django.core.management.base import BaseCommand
from django.core.serializers.json import DjangoJSONEncoder
from django.utils import timezone

from onboarding_portal.accounts.audit import command
from onboarding_portal.accounts.erasing import take_along
from onboarding_portal.accounts.find_owner import find_owner


class Command(BaseCommand):
    help = "Prints all that is held about an owner, as JSON. That it was asked for is in the audit log."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("owner", help="e-mail address, id, or id at ev.energy")
        parser.add_argument("--why", default="", help="a reason for the audit log, without names")

    def handle(self, *args: Any, **options: Any) -> None:
        owner = find_owner(options["owner"])
        held = take_along(owner=owner, by=command("export_owner"), now=timezone.now(), why=options["why"])
        self.stdout.write(json.dumps(held, cls=DjangoJSONEncoder, indent=1, ensure_ascii=False))
