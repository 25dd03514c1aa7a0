"""Cars, as the portal knows them beyond what ev.energy tells."""

from django.db.models import OuterRef, Prefetch, QuerySet, Subquery
from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from onboarding_portal.api import schemas
from onboarding_portal.api.answers import PROBLEMS, PROBLEMS_OF_ONE
from onboarding_portal.api.keys.bearer import ApiKeyAuth
from onboarding_portal.api.models import Scope
from onboarding_portal.api.problems import Kind, Problem
from onboarding_portal.api.reads.as_schema import vehicle_of
from onboarding_portal.api.reads.cursor import LARGEST_ID, LARGEST_PAGE, page_after
from onboarding_portal.ev_energy.ids import is_vehicle_id
from onboarding_portal.reconnects.models import Reconnect
from onboarding_portal.vehicles.causes import Cause
from onboarding_portal.vehicles.models import StaleEpisode, Vehicle
from onboarding_portal.vehicles.vehicle_words import StaleReason

router = Router(tags=["Cars"], auth=ApiKeyAuth(Scope.VEHICLES_READ))


class Asked(Schema):
    stale: bool | None = Field(None, description="Only cars that send nothing, or only those that do.")
    reason: StaleReason | None = Field(None, description="Only cars that are stale for this reason.")
    cause: Cause | None = Field(None, description="Only cars with this cause.")
    owner_id: int | None = Field(None, ge=1, le=LARGEST_ID, description="Only this owner’s cars.")
    ev_energy_user_id: schemas.UserId | None = Field(None, description="The same, by ev.energy’s id.")
    make_id: schemas.MakeId | None = Field(None, description="Only cars of this make.")
    limit: int = Field(50, ge=1, le=LARGEST_PAGE)
    cursor: schemas.Cursor | None = Field(None, description="`next_cursor` of the page before.")

    def filter(self, rows: QuerySet[Vehicle]) -> QuerySet[Vehicle]:
        asked = {
            "stale_since__isnull": None if self.stale is None else not self.stale,
            "stale_reason": self.reason,
            "cause": self.cause,
            "owner": self.owner_id,
            "owner__ev_energy_user_id": self.ev_energy_user_id,
            "make": self.make_id,
        }
        return rows.filter(**{name: value for name, value in asked.items() if value is not None})


def with_all(rows: QuerySet[Vehicle]) -> QuerySet[Vehicle]:
    """The cars with all that `vehicle_of` tells of them, in two queries."""
    repairs = StaleEpisode.objects.repaired().filter(
        vehicle=OuterRef("pk"), started_at__gte=OuterRef("connected_at")
    )
    return (
        rows.select_related("owner", "make", "model", "trim")
        .annotate(last_repaired_at=Subquery(repairs.order_by("-ended_at").values("ended_at")[:1]))
        .prefetch_related(
            Prefetch("reconnects", queryset=Reconnect.objects.open(), to_attr="open_reconnects")
        )
    )


@router.get(
    "/vehicles",
    response={200: schemas.VehiclePage, **PROBLEMS},
    operation_id="list_vehicles",
    summary="Cars, page by page",
)
def list_vehicles(request: HttpRequest, asked: Query[Asked]) -> schemas.VehiclePage:
    """Cars that left the fleet are not among them. Needs the scope `vehicles:read`."""
    found, next_cursor = page_after(
        with_all(asked.filter(Vehicle.objects.present())),
        cursor=asked.cursor,
        limit=asked.limit,
        clean=lambda text: text if is_vehicle_id(text) else None,
    )
    return schemas.VehiclePage(data=[vehicle_of(row) for row in found], next_cursor=next_cursor)


@router.get(
    "/vehicles/{vehicle_id}",
    response={200: schemas.Vehicle, **PROBLEMS_OF_ONE},
    operation_id="get_vehicle",
    summary="One car",
)
def get_vehicle(request: HttpRequest, vehicle_id: str) -> schemas.Vehicle:
    """Needs the scope `vehicles:read`."""
    known = is_vehicle_id(vehicle_id)
    row = with_all(Vehicle.objects.present()).filter(pk=vehicle_id).first() if known else None
    if row is None:
        raise Problem(Kind.NOT_FOUND)
    return vehicle_of(row)
