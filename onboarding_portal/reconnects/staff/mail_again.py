"""A batch's owners who did not open the link they were e-mailed: who they are, and another e-mail for them."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from onboarding_portal.accounts.models import User
from onboarding_portal.reconnects.models import Batch, BatchKind, ReconnectQuerySet
from onboarding_portal.reconnects.staff.batch_plan import BatchPlan, plan_batch
from onboarding_portal.reconnects.staff.batches import create_confirmed, rows_of
from onboarding_portal.vehicles.models import Vehicle, VehicleQuerySet


def not_opened(batch: Batch) -> ReconnectQuerySet:
    return rows_of(batch).not_opened()


def plan_again(*, batch: Batch, now: datetime) -> BatchPlan:
    """What mailing them again would do. Who has been e-mailed within a day or is back is left out."""
    return plan_batch(vehicles=_cars_of(batch), kind=BatchKind.EMAILS, now=now, replacing=not_opened(batch))


def mail_again(
    *,
    batch: Batch,
    token: UUID,
    at_most: int,
    including: Collection[str],
    by: User,
    now: datetime,
    why: str = "",
) -> Batch:
    """Returns a new batch, whose e-mails take the place of the first ones: their links end.

    Raises AlreadyConfirmed and OtherThanConfirmed, with nothing changed.
    """
    return create_confirmed(
        vehicles=_cars_of(batch),
        kind=BatchKind.EMAILS,
        token=token,
        at_most=at_most,
        including=including,
        by=by,
        now=now,
        why=why,
        replacing=not_opened(batch),
    )


def _cars_of(batch: Batch) -> VehicleQuerySet:
    return Vehicle.objects.filter(pk__in=not_opened(batch).values("vehicle"))
