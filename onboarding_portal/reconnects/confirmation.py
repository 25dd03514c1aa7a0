"""The step between asking for a batch and getting it: what was confirmed is what is done, once.

The page that asks carries a token of its own. A second submit of the same page, however it comes about, finds
the batch of the first.
"""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError

from onboarding_portal.accounts.models import User
from onboarding_portal.reconnects.batches import Plan, create_batch, plan_batch
from onboarding_portal.reconnects.models import Batch, BatchKind
from onboarding_portal.vehicles.models import VehicleQuerySet


class AlreadyConfirmed(Exception):
    """The same page was submitted before, and `batch` came of it."""

    def __init__(self, batch: Batch) -> None:
        super().__init__("This page was submitted before.")
        self.batch = batch


class OtherThanConfirmed(Exception):
    """The vehicles are more than were confirmed, or none at all; `plan` is how it stands now."""

    def __init__(self, plan: Plan) -> None:
        super().__init__("Another number of vehicles was confirmed.")
        self.plan = plan


def create_confirmed(
    *, vehicles: VehicleQuerySet, kind: BatchKind, token: UUID, at_most: int, by: User, now: datetime
) -> Batch:
    """Returns the new batch. Raises AlreadyConfirmed and OtherThanConfirmed, with nothing changed.

    Between the page and its submit a sync may have found more stale vehicles. Nobody agreed to those.
    """
    plan = plan_batch(vehicles=vehicles, kind=kind, now=now)
    _refuse_repetition(token)
    if not 0 < plan.eligible <= at_most:
        raise OtherThanConfirmed(plan)
    try:
        return create_batch(vehicles=vehicles, kind=kind, by=by, now=now, confirmation=token)
    except IntegrityError:
        _refuse_repetition(token)
        raise


def _refuse_repetition(token: UUID) -> None:
    batch = Batch.objects.filter(confirmation=token).first()
    if batch is not None:
        raise AlreadyConfirmed(batch)
