"""Percentiles by the nearest rank, of each group, in one query on every database."""

from typing import Any

from django.db.models import Count, F, QuerySet, Window
from django.db.models.functions import RowNumber


def percentiles(
    rows: QuerySet[Any], *, of: str, by: str, percents: tuple[int, ...]
) -> dict[Any, dict[int, Any]]:
    """The values of the column `of` at each of `percents`, for each group by the column `by`.

    The value at 90 is the smallest that at least 90 of 100 rows do not exceed.
    """
    ranked = rows.order_by().annotate(
        rank=Window(RowNumber(), partition_by=[F(by)], order_by=[F(of).asc(), F("pk").asc()]),
        rows_of_group=Window(Count("pk"), partition_by=[F(by)]),
    )
    found: dict[Any, dict[int, Any]] = {}
    for percent in percents:
        # Rounded up, in whole numbers.
        wanted = (F("rows_of_group") * percent + 99) / 100
        for group, value in ranked.filter(rank=wanted).values_list(by, of):
            found.setdefault(group, {})[percent] = value
    return found
