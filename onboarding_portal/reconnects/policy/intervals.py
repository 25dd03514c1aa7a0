"""Bounds for what was counted, at 95 %: so that few cars do not look like a proof.

Three formulas, each a few lines: scipy and statsmodels would bring a hundred megabytes for them.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

Z = 1.959964  # 95 % of a normal distribution lie within so many standard deviations


@dataclass(frozen=True, slots=True)
class Interval:
    low: float
    high: float

    def overlaps(self, other: "Interval") -> bool:
        return self.low <= other.high and other.low <= self.high


def wilson(count: int, of: int) -> Interval:
    """The share `count` / `of`, by Wilson's score interval: it holds for few, and near none or all."""
    if not of:
        return Interval(0.0, 1.0)
    share, spread = count / of, Z * Z / of
    middle = (share + spread / 2) / (1 + spread)
    half = Z * math.sqrt(share * (1 - share) / of + spread / (4 * of)) / (1 + spread)
    return Interval(max(middle - half, 0.0), min(middle + half, 1.0))


def median_ranks(count: int) -> tuple[int, int] | None:
    """The ranks (from 0) between which the median lies, whatever the distribution; None where too few are known.

    So many values below the median are a throw of coins: the ranks are those beyond which 2.5 % lie at most.
    """
    below, total = 0.0, 2.0**-count if count < 1_000 else 0.0
    if not total:
        half = Z * math.sqrt(count) / 2  # the coins of so many are as good as normal
        return max(math.floor(count / 2 - half), 0), min(math.ceil(count / 2 + half), count - 1)
    for rank in range(count):
        below += total
        if below > 0.025:
            return (rank - 1, count - rank) if rank else None
        total *= (count - rank) / (rank + 1)
    return None


def median_of(values: Sequence[float]) -> float:
    """Of values in order. Infinity stands for what has not happened, as long as most have a value."""
    middle = len(values) // 2
    if len(values) % 2:
        return values[middle]
    low, high = values[middle - 1], values[middle]
    return high if math.isinf(high) else (low + high) / 2
