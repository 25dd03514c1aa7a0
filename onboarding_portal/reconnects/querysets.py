"""Queries over reconnects and what hangs on them, and the leases that let one worker at a row."""

from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from django.db import models, transaction
from django.db.models import Count, Q

from onboarding_portal import tokens
from onboarding_portal.reconnects.states import OPEN_STATES, State

if TYPE_CHECKING:
    from onboarding_portal.accounts.models import User
    from onboarding_portal.reconnects.models import LastingLink, Reconnect, UnstableVehicle  # noqa: F401  base classes name them

# Longer than any single piece of work: time-outs end a call to ev.energy or to the mail server well before.
LEASE = timedelta(seconds=30)

hash_token = partial(tokens.hash_token, purpose="reconnects.lasting")


class ReconnectQuerySet(models.QuerySet["Reconnect"]):
    # Queries

    def open(self) -> "ReconnectQuerySet":
        return self.filter(state__in=OPEN_STATES)

    def unleased(self, *, now: datetime) -> "ReconnectQuerySet":
        return self.filter(Q(lease_until=None) | Q(lease_until__lte=now))

    def due(self, *, now: datetime) -> "ReconnectQuerySet":
        """What a worker should look at now, and nobody is at."""
        return self.unleased(now=now).filter(next_work_at__lte=now)

    def count_by_state(self) -> dict[State, int]:
        """How many rows each state has, zeros included, in one query."""
        counted = dict(self.order_by().values_list("state").annotate(Count("pk")))
        return {state: counted.get(state, 0) for state in State}

    # Mutators

    def take_lease(self, *, now: datetime) -> datetime | None:
        """Leases the one row of this queryset; the answer is the lease, or None if somebody is at it.

        Its value names the holder: nobody else can have the same, because the next lease starts later.
        """
        until = now + LEASE
        return until if self.unleased(now=now).update(lease_until=until) else None

    def claim(self, *, now: datetime) -> "Reconnect | None":
        """Leases the row that has been due for longest and returns it; None when nothing is due.

        On PostgreSQL workers skip each other's rows; SQLite lets one writer in at a time anyway.
        """
        with transaction.atomic():
            row = (
                self.due(now=now)
                .order_by("next_work_at")
                .select_for_update(skip_locked=True, of=("self",))
                .first()
            )
            if row is None:
                return None
            row.lease_until = now + LEASE
            row.save(update_fields=["lease_until"])
        return row

    def release(self, *, lease: datetime, **values: Any) -> bool:
        """Gives the row back, with `values` for what was learned; False if it was somebody else's by now."""
        return bool(self.filter(lease_until=lease).update(lease_until=None, **values))


class LastingLinkQuerySet(models.QuerySet["LastingLink"]):
    def with_token(self, token: str) -> "LastingLinkQuerySet":
        return self.filter(token_hash=hash_token(token)).select_related(
            "reconnect__vehicle__owner", "reconnect__vehicle__make", "reconnect__vehicle__model"
        )


class UnstableVehicleQuerySet(models.QuerySet["UnstableVehicle"]):
    def flagged(self) -> "UnstableVehicleQuerySet":
        return self.filter(cleared_at=None)

    def clear(self, *, by: "User", now: datetime) -> int:
        """Staff have looked: e-mails may go out again, and earlier repairs no longer count."""
        return self.flagged().update(cleared_at=now, cleared_by=by)
