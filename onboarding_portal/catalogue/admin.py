from collections.abc import Iterable
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from onboarding_portal.accounts.staff.model_admin import StaffModelAdmin
from onboarding_portal.accounts.staff.read_only import ReadOnly
from onboarding_portal.catalogue.models import Entry, HelpText, Make, Model, Trim


class EntryAdmin(ReadOnly, StaffModelAdmin[Entry]):
    """The catalogue is ev.energy's: staff look, `sync_catalogue` writes."""

    list_filter = ["onboardable", ("retired_at", admin.EmptyFieldListFilter)]
    search_fields = ["name"]
    ordering = ["name"]
    # Django makes a form's fields even for those who only look, and warns of the scheme it would assume.
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}


@admin.register(Make)
class MakeAdmin(EntryAdmin):
    list_display = ["name", "make_id", "onboardable", "subscription_name", "retired_at"]


@admin.register(Model)
class ModelAdmin(EntryAdmin):
    list_display = ["name", "make", "model_id", "onboardable", "retired_at"]
    list_select_related = ["make"]
    search_fields = ["name", "make__name"]


@admin.register(Trim)
class TrimAdmin(EntryAdmin):
    list_display = ["name", "model", "model_make", "trim_id", "battery_size_wh", "onboardable", "retired_at"]
    list_select_related = ["model__make"]
    search_fields = ["name", "model__name", "model__make__name"]

    @admin.display(ordering="model__make__name", description=Make._meta.verbose_name)
    def model_make(self, trim: Trim) -> str:
        return trim.model.make.name


class LanguageFilter(admin.SimpleListFilter):
    title = HelpText._meta.get_field("language").verbose_name
    parameter_name = "language"
    ALL = "all"  # the words for readers of any language, which are stored under none

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return [(self.ALL, _("All languages")), *settings.LANGUAGES]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() is None:
            return queryset
        return queryset.filter(language="" if self.value() == self.ALL else self.value())


@admin.register(HelpText)
class HelpTextAdmin(StaffModelAdmin[HelpText]):
    """Staff's own words in place of the portal's, on the pages before a manufacturer's sign-in."""

    list_display = ["topic", "make", "language", "text", "link"]
    list_select_related = ["make"]
    list_filter = ["topic", LanguageFilter]
    search_fields = ["text", "make__name"]
    ordering = ["topic", "make__name", "language"]
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **options: Any) -> Any:
        """The language is one the portal speaks."""
        if db_field.name == "language":
            return forms.ChoiceField(
                label=capfirst(db_field.verbose_name),
                choices=[("", _("All languages")), *settings.LANGUAGES],
                required=False,
            )
        return super().formfield_for_dbfield(db_field, request, **options)
