"""Who works on a row that is due: whoever moves its due time forward first, until then.

Which row is due is written in the row itself. A process that is killed loses nothing: what it took is due again by
itself once the lease is over.
"""

from datetime import datetime
from typing import TypeVar

from django.db import models

Row = TypeVar("Row", bound=models.Model)


class LeasedQuerySet(models.QuerySet[Row]):
    """`due` is the name of the field that says when a row is due."""

    def take(self, row: Row, *, due: str, until: datetime) -> bool:
        """Leases the row to the caller; False if somebody else has it, or it is none of these rows any more."""
        return self._move(row, due=due, to=until)

    def take_first(self, *, due: str, until: datetime) -> Row | None:
        """Returns the one of these rows that is longest due and not taken meanwhile, leased to the caller."""
        return next((row for row in self.order_by(due)[:10] if self.take(row, due=due, until=until)), None)

    def release(self, row: Row, *, due: str, due_at: datetime | None) -> bool:
        """Gives the row back, due again at `due_at`; False if it was taken or asked for anew meanwhile."""
        return self._move(row, due=due, to=due_at)

    def _move(self, row: Row, *, due: str, to: datetime | None) -> bool:
        if not self.filter(pk=row.pk, **{due: getattr(row, due)}).update(**{due: to}):
            return False
        setattr(row, due, to)
        return True
