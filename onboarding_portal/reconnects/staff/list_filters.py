"""Filters of the list of reconnects, where the numbers of staff's first page lead."""

from collections.abc import Iterable
from typing import Any, cast

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from onboarding_portal.reconnects.models import Reconnect, ReconnectQuerySet
from onboarding_portal.reconnects.models.journey import BY_CHANNEL, CAUSE, REACHED, Channel, Step
from onboarding_portal.vehicles.models import Cause

NO_CAUSE = "none"


class ChannelFilter(admin.SimpleListFilter):
    title = _("channel")
    parameter_name = "channel"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return Channel.choices

    def queryset(self, request: HttpRequest, queryset: QuerySet[Reconnect]) -> QuerySet[Reconnect]:
        value = self.value()
        return queryset.filter(BY_CHANNEL[Channel(value)]) if value in Channel.values else queryset


class ReachedFilter(admin.SimpleListFilter):
    title = _("came as far as")
    parameter_name = "reached"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return Step.choices

    def queryset(self, request: HttpRequest, queryset: QuerySet[Reconnect]) -> QuerySet[Reconnect]:
        value = self.value()
        return queryset.filter(REACHED[Step(value)]) if value in Step.values else queryset


class StuckFilter(admin.SimpleListFilter):
    """Whom asking again may help."""

    title = _("got stuck")
    parameter_name = "stuck"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return [("never_opened", _("Never opened the e-mail")), ("gave_up", _("Gave up at the manufacturer"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Reconnect]) -> QuerySet[Reconnect]:
        rows = cast("ReconnectQuerySet", queryset)
        if self.value() == "never_opened":
            return rows.never_opened()
        return rows.gave_up() if self.value() == "gave_up" else rows


class CauseThenFilter(admin.SimpleListFilter):
    """By why the car was stale when it was asked for."""

    title = _("cause at the time")
    parameter_name = "cause"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return [*Cause.choices, (NO_CAUSE, _("Not looked into"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Reconnect]) -> QuerySet[Reconnect]:
        value = self.value()
        if value is None:
            return queryset
        return queryset.alias(cause_then=CAUSE).filter(cause_then=None if value == NO_CAUSE else value)
