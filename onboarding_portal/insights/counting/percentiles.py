"""Percentiles by the nearest rank, of each group, in one query on every database."""

from functools import reduce
from operator import or_
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Window
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
    # Rounded up, in whole numbers.
    wanted = {percent: (F("rows_of_group") * percent + 99) / 100 for percent in percents}
    at_ranks = reduce(or_, (Q(rank=rank) for rank in wanted.values()))
    found: dict[Any, dict[int, Any]] = {}
    for group, value, rank, count in ranked.filter(at_ranks).values_list(by, of, "rank", "rows_of_group"):
        for percent in percents:
            if rank == -(-count * percent // 100):
                found.setdefault(group, {})[percent] = value
    return found
