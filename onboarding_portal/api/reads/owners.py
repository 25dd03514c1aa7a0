"""Owners, as the company's systems may know them: ids and what matters for their cars, no address."""

from django.db.models import Prefetch
from django.http import HttpRequest
from ninja import Router

from onboarding_portal.accounts.models import User
from onboarding_portal.accounts.models.user import UserQuerySet
from onboarding_portal.api import schemas
from onboarding_portal.api.answers import PROBLEMS_OF_ONE
from onboarding_portal.api.keys.bearer import ApiKeyAuth
from onboarding_portal.api.models import Scope
from onboarding_portal.api.problems import Kind, Problem
from onboarding_portal.api.reads.cursor import LARGEST_ID
from onboarding_portal.ev_energy.ids import is_user_id
from onboarding_portal.vehicles.models import Vehicle

router = Router(tags=["Owners"], auth=ApiKeyAuth(Scope.VEHICLES_READ))


@router.get(
    "/owners/{owner_id}",
    response={200: schemas.Owner, **PROBLEMS_OF_ONE},
    operation_id="get_owner",
    summary="One owner",
)
def get_owner(request: HttpRequest, owner_id: str) -> schemas.Owner:
    """By the portal’s id or by ev.energy’s. Needs the scope `vehicles:read`."""
    cars = Prefetch("vehicles", queryset=Vehicle.objects.present().order_by("pk"), to_attr="present_cars")
    row = _named(owner_id).owners().filter(is_active=True).prefetch_related(cars).first()
    if row is None:
        raise Problem(Kind.NOT_FOUND)
    present: list[Vehicle] = row.present_cars  # type: ignore[attr-defined]  # prefetched to this name
    return schemas.Owner(
        id=str(row.pk),
        ev_energy_user_id=row.linked_user_id or None,
        joined_at=row.joined_at,
        may_be_emailed=row.may_be_mailed,
        wants_reminders=row.wants_reminders,
        vehicle_ids=[car.pk for car in present],
        stale_vehicle_ids=[car.pk for car in present if car.is_stale],
    )


def _named(owner_id: str) -> UserQuerySet:
    if is_user_id(owner_id):
        return User.objects.linked().filter(ev_energy_user_id=owner_id)
    is_ours = owner_id.isascii() and owner_id.isdecimal() and len(owner_id) < 20
    return (
        User.objects.filter(pk=int(owner_id))
        if is_ours and int(owner_id) <= LARGEST_ID
        else User.objects.none()
    )
