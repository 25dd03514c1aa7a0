"""How long connections live, make by make: the list, and a page with the curve and its table for each."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from onboarding_portal.accounts.staff.model_admin import StaffModelAdmin
from onboarding_portal.accounts.staff.read_only import ReadOnly
from onboarding_portal.reconnects.models import MakeSurvival
from onboarding_portal.reconnects.models.make_survival import Point
from onboarding_portal.reconnects.policy.curve import draw
from onboarding_portal.reconnects.policy.kaplan_meier import FEWEST_AT_RISK, FEWEST_ENDED, lives_on
from onboarding_portal.reconnects.staff.permissions import StaffStyles

AGES = [30, 60, 90, 180, 270, 365, 540, 730]


@admin.register(MakeSurvival)
class MakeSurvivalAdmin(ReadOnly, StaffStyles, StaffModelAdmin[MakeSurvival]):
    change_form_template = "admin/reconnects/survival.html"
    list_display = ["make", "life_count", "ended_count", "told"]
    list_select_related = ["make"]
    show_full_result_count = False
    sortable_by = ()
    ordering = ["-life_count", "make"]
    actions = None
    fields = ["make", "life_count", "ended_count", "told", "counted_at"]
    readonly_fields = ["told"]

    @admin.display(description=_("most have ended after"))
    def told(self, survival: MakeSurvival) -> str:
        if survival.told_from_days is None:
            return gettext("too few to say")
        return gettext("%d days") % survival.told_from_days

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        if request.method not in {"GET", "HEAD"}:
            return HttpResponseNotAllowed(["GET", "HEAD"])
        survival = MakeSurvival.objects.filter(pk=object_id).first()
        points = survival.curve if survival else []
        context = {
            "curve": draw(points),
            "table": _table(points),
            "fewest_ended": FEWEST_ENDED,
            "fewest_at_risk": FEWEST_AT_RISK,
        }
        return super().change_view(request, object_id, form_url, {**context, **(extra_context or {})})


def _table(points: list[Point]) -> list[dict[str, int]]:
    """The curve at round ages, as far as it goes; shares in percent."""
    ages = [days for days in AGES if points and days <= points[-1].days]
    return [
        {
            "days": days,
            "share": round(100 * point.share),
            "low": round(100 * point.low),
            "high": round(100 * point.high),
            "at_risk": point.at_risk,
        }
        for days in ages
        if (point := lives_on(points, after_days=days)) is not None
    ]
