from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from onboarding_portal.operations.clock.purge import purge


class Command(BaseCommand):
    help = (
        "Removes what nobody needs any more: ended sessions and links, finished tasks, old guesses and more."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        for name, count in purge(now=timezone.now()).items():
            self.stdout.write(f"{count:>8}  {name}")
