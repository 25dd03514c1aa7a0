"""What the car said over time, brought down to what an eye can tell apart."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median
from typing import TypeVar

from onboarding_portal.ev_energy.resources import StatusLog

BUCKET_COUNT = 96
SHORTEST_GAP = timedelta(hours=3)
GAP_FACTOR = 4  # times the usual time between two samples

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Sample:
    """`percentage` is the state of charge, between 0 and 100; None is "the car did not say"."""

    at: datetime
    percentage: int | None
    is_plugged_in: bool
    is_charging: bool

    @property
    def says(self) -> tuple[int | None, bool, bool]:
        return self.percentage, self.is_plugged_in, self.is_charging


def samples_of(logs: Iterable[StatusLog]) -> list[Sample]:
    """Oldest first, one for each moment."""
    samples = {
        log.sampled_at: Sample(
            at=log.sampled_at,
            percentage=_possible(log.state_of_charge_percentage),
            is_plugged_in=bool(log.is_plugged_in),
            is_charging=bool(log.is_charging),
        )
        for log in logs
    }
    return sorted(samples.values(), key=lambda sample: sample.at)


def stretches(samples: Sequence[Sample]) -> list[list[Sample]]:
    """The samples, oldest first, parted where the car was silent, each part thinned.

    Kept are the ends of whatever stays the same and, where that is still too much, the first, last, highest and
    lowest of each of so many equal spans of time. So no peak and no change of the whole gets lost.
    """
    if not samples:
        return []
    span = (samples[-1].at - samples[0].at) / BUCKET_COUNT
    return [_thinned(part, first_at=samples[0].at, span=span) for part in _parted(samples)]


def runs(values: Sequence[T], key: Callable[[T], object]) -> Iterator[tuple[T, T]]:
    """First and last of each run of values with the same key."""
    start = 0
    for place in range(1, len(values) + 1):
        if place == len(values) or key(values[place]) != key(values[start]):
            yield values[start], values[place - 1]
            start = place


def _parted(samples: Sequence[Sample]) -> list[list[Sample]]:
    steps = [(after.at - before.at).total_seconds() for before, after in pairwise(samples)]
    gap_seconds = max(SHORTEST_GAP.total_seconds(), GAP_FACTOR * median(steps or [0.0]))
    parts = [[samples[0]]]
    for sample, step in zip(samples[1:], steps, strict=True):
        if step > gap_seconds:
            parts.append([])
        parts[-1].append(sample)
    return parts


def _thinned(samples: Sequence[Sample], *, first_at: datetime, span: timedelta) -> list[Sample]:
    ends = [end for run in runs(samples, lambda sample: sample.says) for end in run]
    kept = list(dict.fromkeys(ends))
    if len(kept) <= 4 * BUCKET_COUNT or not span:
        return kept
    buckets: dict[int, list[Sample]] = {}
    for sample in kept:
        buckets.setdefault((sample.at - first_at) // span, []).append(sample)
    telling = {sample for bucket in buckets.values() for sample in _telling(bucket)}
    return [sample for sample in kept if sample in telling]


def _telling(bucket: Sequence[Sample]) -> list[Sample]:
    known = [sample for sample in bucket if sample.percentage is not None]
    extremes = [choose(known, key=lambda sample: sample.percentage or 0) for choose in (min, max) if known]
    return [bucket[0], bucket[-1], *extremes]


def _possible(percentage: int | None) -> int | None:
    return percentage if percentage is not None and 0 <= percentage <= 100 else None
