"""Staff's list of vehicles, put together: theirs, their logs', and what reconnects add, two actions and a table."""

from typing import Any, cast
from uuid import uuid4

from django import forms
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import ADDITION
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from onboarding_portal.accounts.paced_mail import pace_in_words
from onboarding_portal.accounts.requests import user_of
from onboarding_portal.accounts.staff.read_only import ReadOnly
from onboarding_portal.diagnostics.admin import LogPagesAdmin
from onboarding_portal.lengths import about
from onboarding_portal.reconnects.models import Batch, BatchKind, Reconnect
from onboarding_portal.reconnects.staff.batch_plan import BatchPlan, plan_batch
from onboarding_portal.reconnects.staff.batches import AlreadyConfirmed, OtherThanConfirmed, create_confirmed
from onboarding_portal.reconnects.staff.permissions import PlainRefusals, StaffStyles, may_ask_for
from onboarding_portal.vehicles.admin import VehicleAdmin
from onboarding_portal.vehicles.causes import Cause
from onboarding_portal.vehicles.models import Vehicle, VehicleQuerySet

KIND_OF_ACTION = {
    "request_reconnect_links": BatchKind.LINKS,
    "email_reconnect_links": BatchKind.EMAILS,
}


class ConfirmationForm(forms.Form):
    """What the page that asks sends back: its token, how many vehicles it spoke of, and the causes ticked in."""

    token = forms.UUIDField()
    at_most = forms.IntegerField(min_value=0)
    why = forms.CharField(max_length=200, required=False)
    including = forms.MultipleChoiceField(choices=Cause.choices, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for cause in Cause:
            self.fields[f"at_most_{cause}"] = forms.IntegerField(min_value=0, required=False)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        ticked = sum(data.get(f"at_most_{cause}") or 0 for cause in data.get("including", []))
        data["total"] = (data.get("at_most") or 0) + ticked
        if not data["total"]:
            raise forms.ValidationError(_("Nothing was chosen."))
        return data

    @property
    def confirmed(self) -> dict[str, Any]:
        data = self.cleaned_data
        return {
            "token": data["token"],
            "at_most": data["total"],
            "including": data["including"],
            "why": data["why"],
        }


class ReconnectInline(ReadOnly, admin.TabularInline[Reconnect, Vehicle]):
    model = Reconnect
    fields = ["created_at", "state", "origin", "failure", "requested_by", "ended_at"]
    ordering = ["-pk"]
    show_change_link = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Reconnect]:
        return super().get_queryset(request).select_related("requested_by").defer("url")


class ReconnectingVehicleAdmin(PlainRefusals, StaffStyles, LogPagesAdmin, VehicleAdmin):
    actions = [*(VehicleAdmin.actions or ()), *KIND_OF_ACTION]
    inlines = [*VehicleAdmin.inlines, ReconnectInline]
    change_form_template = "admin/reconnects/vehicle_change_form.html"

    def has_request_links_permission(self, request: HttpRequest) -> bool:
        return may_ask_for(BatchKind.LINKS, request)

    def has_email_links_permission(self, request: HttpRequest) -> bool:
        return may_ask_for(BatchKind.EMAILS, request)

    @admin.action(description=gettext_lazy("Make reconnect links"), permissions=["request_links"])
    def request_reconnect_links(
        self, request: HttpRequest, queryset: QuerySet[Vehicle]
    ) -> HttpResponse | None:
        return self._ask_or_create(BatchKind.LINKS, request, queryset)

    @admin.action(description=gettext_lazy("E-mail reconnect links to owners"), permissions=["email_links"])
    def email_reconnect_links(self, request: HttpRequest, queryset: QuerySet[Vehicle]) -> HttpResponse | None:
        return self._ask_or_create(BatchKind.EMAILS, request, queryset)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        offered = [choice for choice in self.get_action_choices(request) if choice[0] in KIND_OF_ACTION]
        context = {
            **(extra_context or {}),
            "reconnect_actions": offered,
            "checkbox_name": ACTION_CHECKBOX_NAME,
        }
        return super().change_view(request, object_id, form_url, context)

    def _ask_or_create(
        self, kind: BatchKind, request: HttpRequest, queryset: QuerySet[Vehicle]
    ) -> HttpResponse | None:
        """Shows what would happen; once that is confirmed, creates the batch and goes to its page.

        The selection comes as Django's list sends it, ids or "all that fit the filters", and is worked out anew
        each time, so any number of vehicles survives the confirmation.
        """
        now = timezone.now()
        vehicles = cast("VehicleQuerySet", queryset)
        form = ConfirmationForm(request.POST)
        if not form.is_valid():
            plan = plan_batch(vehicles=vehicles, kind=kind, now=now)
            return self._ask(plan, request)
        try:
            batch = create_confirmed(
                vehicles=vehicles, kind=kind, by=user_of(request), now=now, **form.confirmed
            )
        except AlreadyConfirmed as repetition:
            return self._show(repetition.batch, request)
        except OtherThanConfirmed as other:
            return self._ask(other.plan, request, has_changed=True)
        self.write_history(request, [batch], _("Asked for on the list of vehicles."), flag=ADDITION)
        return self._show(batch, request)

    def _ask(self, plan: BatchPlan, request: HttpRequest, *, has_changed: bool = False) -> HttpResponse:
        action = next(name for name, kind in KIND_OF_ACTION.items() if kind == plan.kind)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": dict(self.get_action_choices(request))[action],
            "plan": plan,
            "pace": pace_in_words(),
            "takes": about(plan.estimated_seconds),
            "has_changed": has_changed,
            "action": action,
            "token": uuid4(),
            "checkbox_name": ACTION_CHECKBOX_NAME,
            "selected": request.POST.getlist(ACTION_CHECKBOX_NAME),
            "ticked": request.POST.getlist("including"),
            "is_across": request.POST.get("select_across") == "1",
        }
        return TemplateResponse(request, "admin/reconnects/confirm_vehicles.html", context)

    def _show(self, batch: Batch, request: HttpRequest) -> HttpResponse:
        if self._batch_admin.has_view_permission(request, batch):
            return redirect("admin:reconnects_batch_change", batch.pk)
        self.message_user(request, _("Batch %d is under way.") % batch.pk)
        return redirect("admin:vehicles_vehicle_changelist")

    @property
    def _batch_admin(self) -> admin.ModelAdmin[Batch]:
        return self.admin_site.get_model_admin(Batch)
