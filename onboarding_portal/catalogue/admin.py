from django.contrib import admin
from django.db import models

from onboarding_portal.accounts.staff.model_admin import StaffModelAdmin
from onboarding_portal.accounts.staff.read_only import ReadOnly
from onboarding_portal.catalogue.models import Entry, Make, Model, Trim


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
