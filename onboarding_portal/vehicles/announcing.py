"""What is told of cars to whoever listens to news: facts of their rows, and nothing of their owners but an id."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from onboarding_portal.news import News
from onboarding_portal.vehicles.episode_queries import EndedBy

if TYPE_CHECKING:
    from onboarding_portal.vehicles.make_outage import MakeOutage
    from onboarding_portal.vehicles.models import Vehicle
    from onboarding_portal.vehicles.stale_episode import StaleEpisode

# A car that is gone, or switched off, has not recovered.
RECOVERED = frozenset({EndedBy.RECONNECTED, EndedBy.DATA, EndedBy.CLEARED})


def of_stale_cars(
    *, ended: Iterable[tuple["StaleEpisode", "Vehicle"]], stale: Iterable["Vehicle"], now: datetime
) -> Iterator[News]:
    """That episodes ended, and how; and that cars are stale, or why they are."""
    for row, car in ended:
        kind = "vehicle.recovered" if row.ended_by in RECOVERED else "vehicle.gone"
        facts = {"stale_since": row.started_at, "how": row.ended_by}
        yield News(kind=kind, at=now, owner_id=car.owner_id, vehicle_id=car.pk, facts=facts)
    for car in stale:
        facts = {
            "make_id": car.make_id,
            "stale_since": car.stale_since,
            "reason": car.stale_reason,
            "cause": car.cause,
            "integration": car.integration,
        }
        yield News(kind="vehicle.stale", at=now, owner_id=car.owner_id, vehicle_id=car.pk, facts=facts)


def of_connected_cars(cars: Iterable["Vehicle"], *, now: datetime) -> Iterator[News]:
    for car in cars:
        facts = {"make_id": car.make_id, "model_id": car.model_id, "integration": car.integration}
        yield News(kind="vehicle.connected", at=now, owner_id=car.owner_id, vehicle_id=car.pk, facts=facts)


def of_removed_cars(cars: Iterable["Vehicle"], *, now: datetime) -> Iterator[News]:
    for car in cars:
        yield News(kind="vehicle.removed", at=now, owner_id=car.owner_id, vehicle_id=car.pk)


def of_outages(kind: str, outages: Iterable["MakeOutage"], *, now: datetime) -> Iterator[News]:
    for outage in outages:
        facts = {
            "outage_id": outage.pk,
            "make_id": outage.make_id,
            "controller": outage.controller,
            "began_at": outage.began_at,
        }
        yield News(kind=kind, at=now, facts=facts)
