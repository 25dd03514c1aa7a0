"""What all lists for staff share: which lookups they take from their addresses, and what broken ones lead to."""

import logging
from collections.abc import Sequence
from typing import Any, TypeVar

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import get_fields_from_path
from django.contrib.admin.views.main import ERROR_FLAG, ChangeList
from django.core.exceptions import ValidationError
from django.db import DatabaseError
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _

from onboarding_portal.unreachable import is_unreachable

logger = logging.getLogger("onboarding_portal.accounts")

Row = TypeVar("Row", bound=Model)

FILTERS_NOT_READ = _(
    "The filters in this address could not be read: a value is mistyped, or no longer among the choices. "
    "The list below shows everything."
)
SELECTION_NOT_READ = _(
    "What was selected could not be read, so nothing was changed. Please choose from this list again."
)


class StaffChangeList(ChangeList):
    def get_filters(self, request: HttpRequest) -> Any:
        """Raises IncorrectLookupParameters for a value that is none of a filter's choices.

        Most filters leave such a value out, and the list then shows everything as if nothing was asked.
        """
        found = super().get_filters(request)
        for each in found[0]:
            if isinstance(each, admin.SimpleListFilter) and not _is_among_choices(each):
                raise IncorrectLookupParameters
        return found

    def get_results(self, request: HttpRequest) -> None:
        """Raises IncorrectLookupParameters, which Django answers with the plain list.

        Django itself tells most broken values of filters; some show only when the database, or the code that writes
        its SQL, meets them.
        """
        try:
            super().get_results(request)
        except (DatabaseError, ArithmeticError, LookupError, TypeError, ValueError) as error:
            if is_unreachable(error) or not self.get_filters_params():
                raise
            # With its trace, because a mistake in a filter of ours would end here too.
            logger.warning("A list for staff does not take its filters", exc_info=True)
            raise IncorrectLookupParameters from error


def _is_among_choices(each: admin.SimpleListFilter) -> bool:
    return each.value() is None or each.value() in {str(value) for value, _title in each.lookup_choices}


class StaffModelAdmin(admin.ModelAdmin[Row]):
    """The base of every admin class; the site puts it under those of other libraries."""

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if request.method == "POST" and not self._can_read_selection(request):
            self.message_user(request, SELECTION_NOT_READ, messages.ERROR)
            return redirect(request.get_full_path())
        if request.method != "POST" and ERROR_FLAG in request.GET:
            self.message_user(request, FILTERS_NOT_READ, messages.WARNING)
        return super().changelist_view(request, extra_context)

    def _can_read_selection(self, request: HttpRequest) -> bool:
        """Whether each selected id could be one of this list; what is none would break the database's query."""
        key: Any = self.opts.pk
        while key.remote_field:  # a row may go by another row's id
            key = key.target_field
        try:
            for value in request.POST.getlist(ACTION_CHECKBOX_NAME):
                key.clean(value, None)
        except (ValidationError, ValueError, OverflowError):
            return False
        return True

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[StaffChangeList]:
        return StaffChangeList

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Whether a filter of this list uses the lookup.

        Django allows any lookup over any field of the row, and `?password__regex=` or `?url__startswith=` would give
        a secret away bit by bit to staff who may only look.
        """
        return any(
            lookup in self._lookups_of(each, lookup, request) for each in self.get_list_filter(request)
        )

    def _lookups_of(self, list_filter: Any, lookup: str, request: HttpRequest) -> Sequence[str | None]:
        if isinstance(list_filter, type) and issubclass(list_filter, admin.SimpleListFilter):
            return [list_filter.parameter_name]
        is_pair = isinstance(list_filter, (list, tuple))
        path, create = list_filter if is_pair else (list_filter, admin.FieldListFilter.create)
        if not lookup.startswith(
            path
        ):  # to ask a filter, it has to be made, and some then read their choices
            return []
        field = get_fields_from_path(self.model, path)[-1]
        return create(field, request, {}, self.model, self, field_path=path).expected_parameters()
