"""The numbers of the first page once more, in plain Python over all rows: what the page is held against."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from onboarding_portal.catalogue.models import UnknownSearch
from onboarding_portal.onboarding.models import Attempt, StepCount
from onboarding_portal.reconnects.models import Reconnect
from onboarding_portal.vehicles.models import StaleEpisode, Vehicle

DAY = timedelta(days=1)
AGES = [("day", 1), ("week", 7), ("month", 30), ("quarter", 90), ("longer", math.inf)]


def cars(now: datetime) -> dict[tuple[str, str], int]:
    counts: Counter[tuple[str, str]] = Counter()
    for car in Vehicle.objects.all():
        if car.removed_at:
            continue
        make = car.make_id or "none"
        is_connected = car.integration == "ACTIVE" and not car.is_disabled and not car.stale_since
        names = ["CARS", *(["CONNECTED"] if is_connected else []), *(["STALE"] if car.stale_since else [])]
        counts.update([(name, "") for name in names])
        counts.update([(f"MAKE_{name}", make) for name in names])
        if car.stale_since:
            age = next(name for name, days in AGES if (now - car.stale_since) / DAY < days)
            counts.update(
                [("STALE_REASON", car.stale_reason), ("STALE_CAUSE", car.cause or "none"), ("STALE_AGE", age)]
            )
    return dict(counts)


def since(now: datetime, days: int) -> datetime:
    return datetime.combine(now.date(), datetime.min.time(), tzinfo=now.tzinfo) - (days - 1) * DAY


def channel(row: Reconnect) -> str:
    if row.origin == "EMAIL":
        return "REMINDER" if row.reminders_sent else "MAIL"
    return {"OWNER": "OWN_CLICK", "STAFF": "STAFFS_LINK", "RULE": "POLICY", "API": "SYSTEM"}[row.origin]


def cause(row: Reconnect) -> str:
    rows = StaleEpisode.objects.filter(vehicle=row.vehicle_id)
    fitting = [
        each
        for each in rows
        if each.started_at <= row.created_at
        and (each.ended_at is None or each.ended_at >= row.created_at)
        and each.cause
    ]
    return max(fitting, key=lambda each: each.started_at).cause if fitting else "none"


GROUPS: dict[str, Callable[[Reconnect], str]] = {
    "channel": channel,
    "of_make": lambda row: row.vehicle.make_id or "none",
    "of_cause": cause,
    "total": lambda row: "",
}


def repairs(now: datetime, *, days: int, by: str) -> dict[str, dict[str, Any]]:
    groups: dict[str, list[Reconnect]] = defaultdict(list)
    start = since(now, days)
    for row in Reconnect.objects.select_related("vehicle"):
        if row.created_at >= start - 7 * DAY:
            groups[GROUPS[by](row)].append(row)
    found = {name: _of_group(rows, now=now, start=start) for name, rows in groups.items()}
    return {name: numbers for name, numbers in found.items() if numbers["asked"] or numbers["due"]}


def _of_group(rows: list[Reconnect], *, now: datetime, start: datetime) -> dict[str, Any]:
    asked = [row for row in rows if row.created_at >= start]
    took = sorted(row.reconnected_at - row.created_at for row in asked if row.reconnected_at)
    due = [row for row in rows if row.created_at <= now - 7 * DAY]
    return {
        "asked": len(asked),
        "opened": len([row for row in asked if row.opened_at or row.redirected_at or row.reconnected_at]),
        "left": len([row for row in asked if row.redirected_at or row.reconnected_at]),
        "back": len([row for row in asked if (row.redirected_at and row.came_back_at) or row.reconnected_at]),
        "data": len([row for row in asked if row.reconnected_at]),
        "due": len(due),
        "in_time": len(
            [row for row in due if row.reconnected_at and row.reconnected_at - row.created_at <= 7 * DAY]
        ),
        "seconds_50": _rank(took, 0.5),
        "seconds_90": _rank(took, 0.9),
    }


def _rank(took: list[timedelta], share: float) -> int | None:
    return round(took[math.ceil(share * len(took)) - 1].total_seconds()) if took else None


def connecting(now: datetime, *, days: int) -> dict[str, dict[str, int]]:
    start = since(now, days)
    names = ("seen", "picked", "left", "back", "data")
    makes: dict[str, dict[str, int]] = defaultdict(lambda: dict.fromkeys(names, 0))
    for count in StepCount.objects.filter(day__gte=start.date()):
        makes[count.make_id or "none"][count.step.lower()] += count.count
    for attempt in Attempt.objects.all():
        if attempt.started_at < start or attempt.user_due_at:
            continue
        row = makes[attempt.make_id or "none"]
        row["left"] += 1
        row["back"] += bool(attempt.returned_at)
        row["data"] += bool(attempt.returned_at) and attempt.state == "CONNECTED" and _has_data(attempt)
    return {make: row for make, row in makes.items() if any(row.values())}


def _has_data(attempt: Attempt) -> bool:
    stored: Iterable[str] = [claim.vehicle_id for claim in attempt.claims.all() if claim.state == "STORED"]
    return any(car.last_status_at is not None for car in Vehicle.objects.filter(pk__in=stored))


def searches(now: datetime, *, days: int) -> dict[str, int]:
    words: Counter[str] = Counter()
    for row in UnknownSearch.objects.filter(day__gte=since(now, days).date()):
        words[row.words] += row.count
    return dict(words)
