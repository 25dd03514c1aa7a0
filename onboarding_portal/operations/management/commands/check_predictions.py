"""How well past predictions of lost connections came true, from the portal's own history, as a table."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from onboarding_portal.reconnects.policy.intervals import Interval
from onboarding_portal.reconnects.policy.prediction import Calibration, by_chance, calibrate, known_lives

HEAD = ["| foretold | interval | connections | ended | interval | came true |", "|---|---|---|---|---|---|"]


class Command(BaseCommand):
    help = "Compares what was foretold of connections so many days ago with what happened since."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--days", type=int, default=30, help="how many days ago, and for so many days")

    def handle(self, *args: Any, days: int, **options: Any) -> None:
        if not 1 <= days <= 365:
            raise CommandError("--days is a whole number from 1 to 365.")
        now = timezone.now()
        cells = calibrate(known_lives(now=now), on=now - timedelta(days=days), within_days=days)
        if not cells:
            self.stdout.write("Too few connections had broken by then to foretell anything.")
            return
        self.stdout.write("\n".join([*HEAD, *map(line_of, cells)]))
        self.stdout.write(verdict_of(cells))


def line_of(cell: Calibration) -> str:
    """One line of the table."""
    columns = [
        f"{cell.foretold.share:.0%}",
        _in_percent(cell.foretold.bounds),
        f"{cell.count:,}",
        f"{cell.ended / cell.count:.0%}",
        _in_percent(cell.happened),
        "yes" if cell.came_true else "no",
    ]
    return f"| {' | '.join(columns)} |"


def verdict_of(cells: Sequence[Calibration]) -> str:
    """What the table says as a whole."""
    chance = by_chance(cells)
    if chance is None:
        return "Too few connections were foretold to judge them together."
    return f"Right predictions miss by as much or more with a chance of {chance:.1%}."


def _in_percent(bounds: Interval) -> str:
    return f"{bounds.low:.0%} to {bounds.high:.0%}"
