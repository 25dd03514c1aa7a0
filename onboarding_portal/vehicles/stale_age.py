"""For how long cars have been stale, in steps that tell whether anybody has looked after them."""

from datetime import datetime, timedelta

from django.db.models import Q, TextChoices
from django.utils.translation import gettext_lazy as _


class StaleAge(TextChoices):
    """The value is what stands in the address of the list."""

    DAY = "day", _("less than a day")
    WEEK = "week", _("1 to 7 days")
    MONTH = "month", _("7 to 30 days")
    QUARTER = "quarter", _("30 to 90 days")
    LONGER = "longer", _("90 days or longer")

    def condition(self, *, now: datetime) -> Q:
        """The cars of this age. Each stale car is in one of them."""
        at_least, less_than = _STEPS[self]
        condition = Q(stale_since__isnull=False)
        if at_least is not None:
            condition &= Q(stale_since__lte=now - at_least)
        if less_than is not None:
            condition &= Q(stale_since__gt=now - less_than)
        return condition


_DAY = timedelta(days=1)
_STEPS: dict[StaleAge, tuple[timedelta | None, timedelta | None]] = {
    StaleAge.DAY: (None, _DAY),
    StaleAge.WEEK: (_DAY, 7 * _DAY),
    StaleAge.MONTH: (7 * _DAY, 30 * _DAY),
    StaleAge.QUARTER: (30 * _DAY, 90 * _DAY),
    StaleAge.LONGER: (90 * _DAY, None),
}
