"""What all lists for staff share: which lookups they take from their addresses, and what broken ones lead to."""

import logging
from collections.abc import Sequence
from typing import Any, TypeVar

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import get_fields_from_path
from django.contrib.admin.views.main import ChangeList
from django.db import DatabaseError
from django.db.models import Model
from django.http import HttpRequest

from onboarding_portal.unreachable import is_unreachable

logger = logging.getLogger("onboarding_portal.accounts")

Row = TypeVar("Row", bound=Model)


class StaffChangeList(ChangeList):
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


class StaffModelAdmin(admin.ModelAdmin[Row]):
    """The base of every admin class; the site puts it under those of other libraries."""

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
