"""Mine, nobody's, everybody's: filters of staff's lists by who handles an owner or a car by hand."""

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from onboarding_portal.accounts.requests import user_of
from onboarding_portal.readiness.needs import Need
from onboarding_portal.vehicles.models import ByHand, Vehicle

MINE, NOBODYS, ANYBODYS = "mine", "nobodys", "anybodys"
WHOSE = [(MINE, _("Mine")), (NOBODYS, _("Of colleagues who have left")), (ANYBODYS, _("Anybody’s"))]


def _whose(value: str | None, request: HttpRequest) -> QuerySet[ByHand]:
    if value == MINE:
        return ByHand.objects.mine(user_of(request))
    return ByHand.objects.nobodys() if value == NOBODYS else ByHand.objects.in_force()


class WhoseFilter(admin.SimpleListFilter):
    """Without a choice the list shows what is in force."""

    title = _("whose")
    parameter_name = "whose"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return [*WHOSE[:2], ("ended", _("Ended"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[ByHand]) -> QuerySet[ByHand]:
        if self.value() == "ended":
            return queryset.filter(ended_at__isnull=False)
        return queryset.filter(pk__in=_whose(self.value(), request).values("pk"))


class NotReadyFilter(admin.SimpleListFilter):
    """Cars by the first need that is missing to charge them smartly."""

    title = _("not ready to charge smartly, because")
    parameter_name = "not_ready"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return Need.choices

    def queryset(self, request: HttpRequest, queryset: QuerySet[Vehicle]) -> QuerySet[Vehicle]:
        return queryset.filter(readiness__blocker=self.value()) if self.value() in Need.values else queryset


class HandledFilter(admin.SimpleListFilter):
    """Cars by who handles them, or their owner, by hand: few, whatever the number of cars."""

    title = _("handled by hand")
    parameter_name = "by_hand"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return WHOSE

    def queryset(self, request: HttpRequest, queryset: QuerySet[Vehicle]) -> QuerySet[Vehicle]:
        if self.value() not in {MINE, NOBODYS, ANYBODYS}:
            return queryset
        rows = _whose(self.value(), request)
        return queryset.filter(pk__in=Vehicle.objects.handled_by(rows).values("pk"))
