"""A table of the first page as a file that Excel opens rightly, and runs nothing of."""

import csv
from datetime import date

from django.http import HttpResponse

from onboarding_portal.insights.tables import Table

BYTE_ORDER_MARK = "\ufeff"
BEGINS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def csv_of(table: Table, *, days: int, day: date) -> HttpResponse:
    response = HttpResponse(BYTE_ORDER_MARK, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{table.name}-{days}-days-{day.isoformat()}.csv"'
    writer = csv.writer(response)
    writer.writerow([str(table.first), *(str(head) for head in table.heads)])
    for row in table.rows:
        values = [str(row.label), *(cell.value for cell in row.cells)]
        writer.writerow(["" if value is None else _safe(value) for value in values])
    return response


def _safe(value: int | str) -> int | str:
    return f"'{value}" if isinstance(value, str) and value.startswith(BEGINS_A_FORMULA) else value
