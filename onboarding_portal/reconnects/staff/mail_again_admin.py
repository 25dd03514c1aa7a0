"""The page that asks before a batch's owners who did not open their link are mailed again."""

from typing import Any
from uuid import uuid4

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _

from onboarding_portal.accounts.paced_mail import pace_in_words
from onboarding_portal.accounts.requests import user_of
from onboarding_portal.reconnects.models import Batch, BatchKind
from onboarding_portal.reconnects.staff.batch_plan import BatchPlan
from onboarding_portal.reconnects.staff.batches import AlreadyConfirmed, OtherThanConfirmed
from onboarding_portal.reconnects.staff.mail_again import mail_again, plan_again
from onboarding_portal.reconnects.staff.permissions import may_ask_for


class AgainForm(forms.Form):
    """What the page sends back: its token, and the two counts it spoke of."""

    token = forms.UUIDField()
    at_most = forms.IntegerField(min_value=0, max_value=10**9)
    in_vain = forms.IntegerField(min_value=0, max_value=10**9)
    why = forms.CharField(max_length=200, required=False)
    leave_out = forms.BooleanField(required=False)


class MailsAgain(admin.ModelAdmin[Batch]):
    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.again_view)
        return [path("<int:batch_id>/again/", view, name="reconnects_batch_again"), *super().get_urls()]

    def again_view(self, request: HttpRequest, batch_id: int) -> HttpResponse:
        batch = get_object_or_404(Batch, pk=batch_id)
        may_see = self.has_view_or_change_permission(request, batch)
        if not (may_see and may_ask_for(BatchKind.EMAILS, request)):
            raise PermissionDenied
        form = AgainForm(request.POST)
        if request.method != "POST" or not form.is_valid():
            return self._ask_again(request, batch, plan_again(batch=batch, now=timezone.now()))
        return self._mail_again(request, batch, form.cleaned_data)

    def _mail_again(self, request: HttpRequest, batch: Batch, said: dict[str, Any]) -> HttpResponse:
        now = timezone.now()
        plan = plan_again(batch=batch, now=now)
        including = [] if said["leave_out"] else [one.cause for one in plan.in_vain]
        at_most = said["at_most"] + (0 if said["leave_out"] else said["in_vain"])
        try:
            made = mail_again(
                batch=batch,
                token=said["token"],
                at_most=at_most,
                including=including,
                by=user_of(request),
                why=said["why"],
                now=now,
            )
        except AlreadyConfirmed as repetition:
            made = repetition.batch
        except OtherThanConfirmed as other:
            return self._ask_again(request, batch, other.plan, has_changed=True)
        return redirect("admin:reconnects_batch_change", made.pk)

    def _ask_again(
        self, request: HttpRequest, batch: Batch, plan: BatchPlan, *, has_changed: bool = False
    ) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Mail again to all who did not open"),
            "batch": batch,
            "plan": plan,
            "pace": pace_in_words(),
            "has_changed": has_changed,
            "token": uuid4(),
        }
        return TemplateResponse(request, "admin/reconnects/confirm_again.html", context)
