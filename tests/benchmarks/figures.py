"""What a benchmark found, and the table it is shown in."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured ratio or count. `goal` is "≥ 0.75" or "≤ 1.5"; empty for a figure that is only told for scale."""

    what: str
    database: str
    value: float
    goal: str = ""

    @property
    def is_reached(self) -> bool | None:
        if not self.goal:
            return None
        sign, _, number = self.goal.partition(" ")
        limit = float(number)
        return {"≥": self.value >= limit, "≤": self.value <= limit, "=": self.value == limit}[sign]


def table(figures: Iterable[Figure]) -> str:
    """The figures as Markdown."""
    verdicts = {True: "yes", False: "**no**", None: ""}
    lines = ["| what | database | figure | goal | reached |", "|---|---|---|---|---|"]
    for figure in figures:
        cells = [
            figure.what,
            figure.database,
            f"{figure.value:.4g}",
            figure.goal,
            verdicts[figure.is_reached],
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)
