"""Staff see which makes have trouble, since when and how many cars, and lift a mark or set one themselves."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from onboarding_portal.accounts.audit import Act, record
from onboarding_portal.accounts.requests import user_of
from onboarding_portal.accounts.staff.model_admin import StaffModelAdmin
from onboarding_portal.accounts.staff.read_only import ReadOnly
from onboarding_portal.vehicles.admin_search_and_filters import YesNoFilter
from onboarding_portal.vehicles.make_outage import MakeOutage, MakeOutageQuerySet


class OngoingFilter(YesNoFilter):
    title = _("ongoing")
    parameter_name = "ongoing"

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() is None:
            return queryset
        return queryset.filter(lifted_at__isnull=self.value() == "yes")


class MarkForm(forms.ModelForm[MakeOutage]):
    """Whose cars are to be marked: a make's or a middleman's. Who is marked already cannot be marked once more."""

    class Meta:
        model = MakeOutage
        fields = ["make", "controller"]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        make, controller = cleaned.get("make"), cleaned.get("controller", "")
        if bool(make) == bool(controller):
            raise forms.ValidationError(_("Choose a make or type a middleman, one of the two."))
        if MakeOutage.objects.ongoing().filter(make=make, controller=controller).exists():
            raise forms.ValidationError(_("This one is marked already."))
        return cleaned


@admin.register(MakeOutage)
class MakeOutageAdmin(ReadOnly, StaffModelAdmin[MakeOutage]):
    form = MarkForm
    list_display = [
        *("__str__", "began_at", "broken_count", "car_count", "usually", "who_set_it"),
        *("recovering_since", "lifted_at", "lifted_by"),
    ]
    list_filter = [OngoingFilter]
    list_select_related = ["make", "set_by", "lifted_by"]
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    ordering = ["-began_at", "-pk"]
    actions = ["lift"]
    act_of_adding = Act.OUTAGE_MARKED
    fields = [
        *("make", "controller", "began_at", "found_at", "broken_count", "car_count", "usually", "who_set_it"),
        *("recovering_since", "lifted_at", "lifted_by"),
    ]

    @admin.display(description=_("usual"), empty_value="-")
    def usually(self, outage: MakeOutage) -> str:
        if outage.usual_share is None:
            return ""
        return gettext("%(share).2f %% a day") % {"share": 100 * outage.usual_share}

    @admin.display(description=_("set by"))
    def who_set_it(self, outage: MakeOutage) -> str:
        if not outage.is_staffs:
            return gettext("the portal")
        return outage.set_by.email if outage.set_by else gettext("staff")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return user_of(request).has_perm("vehicles.add_makeoutage")

    def get_fields(self, request: HttpRequest, obj: MakeOutage | None = None) -> Any:
        return self.fields if obj else ["make", "controller"]

    def save_model(self, request: HttpRequest, obj: MakeOutage, form: Any, change: bool) -> None:
        marked = MakeOutage.objects.mark(
            make_id=obj.make_id,
            controller=obj.controller,
            now=timezone.now(),
            is_staffs=True,
            set_by=user_of(request),
        )
        obj.pk = marked.pk

    def has_lift_permission(self, request: HttpRequest) -> bool:
        return user_of(request).has_perm("vehicles.change_makeoutage")

    @admin.action(description=_("It is over: e-mails may go out again"), permissions=["lift"])
    def lift(self, request: HttpRequest, queryset: MakeOutageQuerySet) -> None:
        """What broke before this moment does not bring the mark back; what breaks after it may."""
        staff = user_of(request)
        with transaction.atomic():
            ongoing = list(queryset.ongoing().select_related("make"))
            count = queryset.lift(by=staff, now=timezone.now())
            for outage in ongoing:
                record(act=Act.OUTAGE_LIFTED, actor=staff, thing=outage)
            self.write_history(request, ongoing, gettext("Lifted."))
        text = ngettext("Lifted %d mark.", "Lifted %d marks.", count)
        self.message_user(request, text % count, messages.SUCCESS)
