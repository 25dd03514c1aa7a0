"""A list of the admin as CSV: the rows its filters and search leave, the columns it shows, times as ISO has them.

Read in pieces by their keys, each in a query of its own: no cursor stays open while a visitor fetches, so memory
stays flat, and a pooler that lends a connection for one transaction only has nothing to lose.

Not django-import-export: it reads a whole export into a table in memory before it writes a letter of it, has columns
of its own beside the list's, and does not make formulas harmless unless told.
"""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, tzinfo
from html import unescape
from typing import Any

from django.conf import settings
from django.contrib.admin import ModelAdmin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import label_for_field, lookup_field
from django.contrib.admin.views.main import ALL_VAR, ERROR_FLAG, PAGE_VAR, ChangeList
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied
from django.db.models import Field, Model, QuerySet
from django.http import (
    HttpRequest,
    HttpResponseBase,
    HttpResponseNotAllowed,
    QueryDict,
    StreamingHttpResponse,
)
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.html import strip_tags
from django.utils.safestring import SafeString
from django.utils.text import capfirst, slugify
from django.utils.translation import gettext as _

from onboarding_portal.accounts.audit import Act, record
from onboarding_portal.accounts.requests import user_of
from onboarding_portal.accounts.staff.csv_cells import BOM, csv_lines, delimiter_for

RIGHT = "accounts.export_lists"
PIECE = 500
CHECKBOX = "action_checkbox"


NOT_OF_THE_ROWS = (PAGE_VAR, ALL_VAR, ERROR_FLAG)


def may_download(model_admin: ModelAdmin[Any], request: HttpRequest) -> bool:
    """A right of its own beside that to look at the list: what was downloaded is out of the portal's hands."""
    return model_admin.has_view_or_change_permission(request) and user_of(request).has_perm(RIGHT)


def address_of_csv(model_admin: ModelAdmin[Any], request: HttpRequest) -> str:
    """Where the list as this request's filters and search leave it is to be had; "" for whoever may not."""
    if not may_download(model_admin, request):
        return ""
    query = _rows_asked_for(request).urlencode()
    address = reverse(f"admin:{name_of_csv(model_admin)}")
    return f"{address}?{query}" if query else address


def name_of_csv(model_admin: ModelAdmin[Any]) -> str:
    return f"{model_admin.opts.app_label}_{model_admin.opts.model_name}_list_csv"


def download(model_admin: ModelAdmin[Any], request: HttpRequest) -> HttpResponseBase:
    if not may_download(model_admin, request):
        raise PermissionDenied
    if request.method not in {"GET", "HEAD"}:
        return HttpResponseNotAllowed(["GET", "HEAD"])
    request.GET = _rows_asked_for(request)  # type: ignore[assignment]  # a copy is a QueryDict as well
    opts = model_admin.opts
    try:
        changelist = model_admin.get_changelist_instance(request)
    except IncorrectLookupParameters:
        plain = reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist")
        return redirect(f"{plain}?{ERROR_FLAG}=1")  # which says so
    if request.method == "GET":
        _note(changelist, request)
    name = f"{slugify(str(opts.verbose_name_plural))}-{timezone.localdate():%Y-%m-%d}.csv"
    is_downwards = changelist.get_ordering(request, changelist.root_queryset)[:1] == ["-pk"]
    return StreamingHttpResponse(
        csv_of_list(changelist, is_downwards=is_downwards, delimiter=delimiter_for(request)),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _rows_asked_for(request: HttpRequest) -> QueryDict:
    query = request.GET.copy()
    for name in NOT_OF_THE_ROWS:
        query.pop(name, None)
    return query


def _note(changelist: ChangeList, request: HttpRequest) -> None:
    """Which list, and by what it was filtered; not the values, as a search may be for an address."""
    detail = f"{changelist.opts.verbose_name_plural}: {', '.join(sorted(request.GET)) or '-'}"
    count = changelist.queryset.order_by().count()
    record(act=Act.LIST_DOWNLOADED, actor=user_of(request), detail=detail, count=count)


def csv_of_list(changelist: ChangeList, *, is_downwards: bool, delimiter: str) -> Iterator[str]:
    """The list as pieces of text, in the order of the keys, in the zone and the language that are in force now."""
    # What is in force now: the answer is fetched after the middleware has taken its zone and language back.
    zone, language = timezone.get_current_timezone(), translation.get_language()
    return _texts(changelist, zone, language, is_downwards=is_downwards, delimiter=delimiter)


def _texts(
    changelist: ChangeList, zone: tzinfo, language: str | None, *, is_downwards: bool, delimiter: str
) -> Iterator[str]:
    columns: list[Any] = [name for name in changelist.list_display if name != CHECKBOX]
    # Each piece is written inside: what comes between two of them is another request's, or nobody's.
    with translation.override(language or settings.LANGUAGE_CODE):
        head = csv_lines([_labels(changelist, columns)], delimiter=delimiter)
    yield BOM + head
    for rows in _pieces(changelist.queryset, is_downwards=is_downwards):
        with timezone.override(zone), translation.override(language or settings.LANGUAGE_CODE):
            text = csv_lines([_cells(row, columns, changelist, zone) for row in rows], delimiter=delimiter)
        yield text


def _pieces(rows: QuerySet[Any], *, is_downwards: bool) -> Iterator[Sequence[Model]]:
    ordered = rows.order_by("-pk" if is_downwards else "pk")
    piece = list(ordered[:PIECE])
    while piece:
        yield piece
        piece = list(ordered.filter(**{"pk__lt" if is_downwards else "pk__gt": piece[-1].pk})[:PIECE])


def _labels(changelist: ChangeList, columns: Sequence[Any]) -> list[str]:
    return [
        capfirst(str(label_for_field(name, changelist.model, changelist.model_admin))) for name in columns
    ]


def _cells(row: Model, columns: Sequence[Any], changelist: ChangeList, zone: tzinfo) -> list[object]:
    return [_cell(name, row, changelist, zone) for name in columns]


def _cell(name: Any, row: Model, changelist: ChangeList, zone: tzinfo) -> object:
    try:
        field, _attribute, value = lookup_field(name, row, changelist.model_admin)
    except ObjectDoesNotExist:
        return ""
    if isinstance(field, Field) and field.flatchoices and value is not None:
        return str(dict(field.flatchoices).get(value, value))
    return _plain(value, zone)


def _plain(value: object, zone: tzinfo) -> object:
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, (int, float)):
        return value
    if isinstance(value, datetime):
        return value.astimezone(zone).isoformat(timespec="seconds") if value.tzinfo else value.isoformat()
    if isinstance(value, date):
        return value.isoformat()
    text = str(value)
    # Only what is meant as HTML: a name may have a < in it.
    return " ".join(unescape(strip_tags(text)).split()) if isinstance(value, SafeString) else text
