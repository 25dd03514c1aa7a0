"""The numbers of the period a page asks for, as they were counted last; read once for each request."""

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

from django.http import HttpRequest

from onboarding_portal.catalogue.models import Make
from onboarding_portal.insights.models import Summary
from onboarding_portal.insights.period import Period, period_of

_KEPT_AS = "_insights"


class Figures:
    def __init__(self, *, period: Period) -> None:
        self.period = period
        self._summary = Summary.objects.filter(pk=period.days).first()

    @classmethod
    def of(cls, request: HttpRequest) -> "Figures":
        """The same for all panels of a page."""
        figures: Figures | None = getattr(request, _KEPT_AS, None)
        if figures is None:
            figures = cls(period=period_of(request))
            setattr(request, _KEPT_AS, figures)
        return figures

    @property
    def is_counted(self) -> bool:
        return self._summary is not None

    @property
    def counted_at(self) -> datetime | None:
        return self._summary.counted_at if self._summary else None

    @cached_property
    def make_names(self) -> dict[str, str]:
        return dict(Make.objects.values_list("pk", "name"))

    def has(self, name: str) -> bool:
        """Whether the part was counted: an older release, there for a moment, may not have known it."""
        return self._summary is not None and name in self._summary.figures

    def part(self, name: str) -> Mapping[str, Any]:
        """`cars`, `repairs`, `connecting` or `ready`. Only where something was counted."""
        figures: dict[str, Any] = self._summary.figures if self._summary else {}
        part: Mapping[str, Any] = figures[name]
        return part
