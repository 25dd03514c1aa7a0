"""What all lists for staff share: which lookups they take from their addresses, what broken ones lead to, and that
whatever is added, changed or deleted in them is in the audit log.
"""

import json
import logging
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any, TypeVar

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import get_fields_from_path
from django.contrib.admin.views.main import ERROR_FLAG, ChangeList
from django.core.exceptions import ValidationError
from django.db import DatabaseError, transaction
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _

from onboarding_portal.accounts.audit import Act, about, record
from onboarding_portal.accounts.models import User
from onboarding_portal.accounts.requests import user_of
from onboarding_portal.accounts.staff import list_csv
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

        Most filters leave such a value out, and the list then shows everything as if nothing was asked; those over a
        field's choices look for it, and show nothing.
        """
        found = super().get_filters(request)
        if not all(_is_among_choices(each) for each in found[0]):
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


def _is_among_choices(each: admin.ListFilter) -> bool:
    if isinstance(each, admin.SimpleListFilter):
        return each.value() is None or each.value() in {str(value) for value, _title in each.lookup_choices}
    if isinstance(each, admin.ChoicesFieldListFilter):
        choices = {str(value) for value, _title in each.field.flatchoices}
        return {*(each.lookup_val or [])} <= {*choices, ""}  # none chosen yet is a value, too
    return True


class StaffModelAdmin(admin.ModelAdmin[Row]):
    """The base of every admin class; the site puts it under those of other libraries.

    `act_of_adding` and the like are what the audit log calls it. Django's own history is written as well: it is what
    the history pages show, and it is deleted with whoever acted.
    """

    act_of_adding = Act.ADDED
    act_of_changing = Act.CHANGED
    act_of_deleting = Act.DELETED

    def log_addition(self, request: HttpRequest, obj: Row, message: Any) -> Any:
        self._record(self.act_of_adding, request, obj, message)
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Row, message: Any) -> Any:
        self._record(self.act_of_changing, request, obj, message)
        return super().log_change(request, obj, message)

    def log_deletions(self, request: HttpRequest, queryset: QuerySet[Row]) -> Any:
        for obj in queryset:
            # Of a colleague the address stays, as of whoever acted; of an owner nothing does.
            is_colleague = isinstance(obj, User) and (obj.is_staff or obj.is_superuser)
            self._record(self.act_of_deleting, request, obj, str(obj) if is_colleague else "")
        return super().log_deletions(request, queryset)

    def _record(self, act: Act, request: HttpRequest, obj: Row, message: Any) -> None:
        """`message` is words, or what Django notes of a form: which fields, and never what was in them."""
        words = message if isinstance(message, str) else _words_of(message)
        subjects = about(obj)
        is_itself = any(subject.vehicle_id == obj.pk or isinstance(obj, User) for subject in subjects)
        thing = None if is_itself else obj
        record(act=act, actor=user_of(request), about=subjects, thing=thing, detail=words)

    @staticmethod
    def write_history(
        request: HttpRequest, rows: Iterable[Any], words: object, *, flag: int = CHANGE
    ) -> None:
        """What the history pages show of an act that is in the audit log under a name of its own."""
        LogEntry.objects.log_actions(user_of(request).pk, list(rows), flag, str(words))

    def response_action(
        self, request: HttpRequest, queryset: QuerySet[Row], *args: Any, **kwargs: Any
    ) -> HttpResponse | None:
        if "delete_selected" not in request.POST.getlist("action"):
            return super().response_action(request, queryset, *args, **kwargs)
        with transaction.atomic():  # Django's deletes after it has written that it did
            return super().response_action(request, queryset, *args, **kwargs)

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(partial(list_csv.download, self))
        return [path("csv/", view, name=list_csv.name_of_csv(self)), *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        extra_context = {**(extra_context or {}), "csv_url": list_csv.address_of_csv(self, request)}
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


def _words_of(message: Any) -> str:
    return str(LogEntry(change_message=json.dumps(message)).get_change_message())
