"""The policy in the admin: what it does and did, what it would do today, on and off, new rules."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from onboarding_portal.accounts.requests import user_of
from onboarding_portal.accounts.staff.model_admin import StaffModelAdmin
from onboarding_portal.accounts.staff.read_only import ReadOnly
from onboarding_portal.reconnects.models import Policy, PolicyVersion
from onboarding_portal.reconnects.policy.forms import PolicyForm, rules_to_begin_with
from onboarding_portal.reconnects.policy.preview import preview_of
from onboarding_portal.reconnects.policy.results import comparison, results_of
from onboarding_portal.reconnects.policy.rules_in_words import makes_in_words, rules_in_words
from onboarding_portal.reconnects.policy.switch import NoRules, Stopped, stop, switch_on, write_rules
from onboarding_portal.reconnects.staff.permissions import StaffStyles

LIST = "admin:reconnects_policyversion_changelist"


@admin.register(PolicyVersion)
class PolicyVersionAdmin(ReadOnly, StaffStyles, StaffModelAdmin[PolicyVersion]):
    form = PolicyForm
    change_list_template = "admin/reconnects/policy.html"
    add_form_template = "admin/reconnects/policy_form.html"
    list_display = ["__str__", "created_at", "created_by", "why"]
    list_select_related = ["created_by"]
    list_per_page = 20
    list_max_show_all = 20
    show_full_result_count = False
    sortable_by = ()
    ordering = ["-pk"]
    actions = None
    fieldsets = [
        (_("Which cars"), {"fields": ["causes", "stale_for_hours", "make_ids"]}),
        (_("How many, and when"), {"fields": ["most_a_day", ("from_hour", "until_hour")]}),
        (_("Reminders, and when to stop"), {"fields": ["reminder_days", "pause_days", "most_askings"]}),
        (_("Before it breaks"), {"fields": ["mails_ahead"]}),
        (_("To learn what helps"), {"fields": ["trial", "later_by_hours"]}),
        (_("Why"), {"fields": ["why"]}),
    ]

    # What there is to see

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        now = timezone.now()
        policy = Policy.objects.current()
        results = results_of(policy.version, now=now) if policy.version else []
        context = {
            **self._state(request, policy),
            "rules": rules_in_words(policy.version) if policy.version else [],
            "version": policy.version,
            "results": results,
            "comparison": comparison(results),
        }
        return super().changelist_view(request, {**context, **(extra_context or {})})

    def get_fieldsets(self, request: HttpRequest, obj: PolicyVersion | None = None) -> Any:
        return [(None, {"fields": ["created_at", "created_by", "why", "rules"]})] if obj else self.fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: PolicyVersion | None = None) -> Any:
        return ["rules"] if obj else []

    @admin.display(description=_("rules"))
    def rules(self, version: PolicyVersion) -> str:
        return "\n".join(rules_in_words(version))

    def preview_view(self, request: HttpRequest) -> HttpResponse:
        """What the rules in force would do today."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return self._preview(request, Policy.objects.current().version)

    # What a Lead does

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return user_of(request).has_perm("reconnects.add_policyversion")

    def has_switch_permission(self, request: HttpRequest) -> bool:
        return user_of(request).has_perm("reconnects.switch_policy")

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        return rules_to_begin_with(Policy.objects.current().version)

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """The form for new rules; its second button shows what they would do today, and stores nothing."""
        if request.method == "POST" and "_preview" in request.POST and self.has_add_permission(request):
            form = PolicyForm(request.POST)
            if form.is_valid():
                return self._preview(request, form.save(commit=False), form=form)
        context = {"title": gettext("New rules for the policy"), **(extra_context or {})}
        return super().add_view(request, form_url, context)

    def save_model(self, request: HttpRequest, obj: PolicyVersion, form: Any, change: bool) -> None:
        write_rules(version=obj, by=user_of(request), now=timezone.now())

    def log_addition(self, request: HttpRequest, obj: PolicyVersion, message: Any) -> Any:
        # The audit log has it under a name of its own, from whoever writes rules.
        self.write_history(request, [obj], gettext("Written."))

    def response_add(self, request: HttpRequest, obj: PolicyVersion, post_url_continue: Any = None) -> Any:
        is_on = Policy.objects.is_on()
        told = _("From now on the policy goes by %s.") if is_on else _("%s is written. The policy is off.")
        self.message_user(request, told % obj, messages.SUCCESS)
        return redirect(LIST if is_on else "admin:reconnects_policyversion_preview")

    def switch_view(self, request: HttpRequest) -> HttpResponse:
        """POST with `to`: "on" or "off"."""
        if not self.has_switch_permission(request):
            raise PermissionDenied
        if request.method != "POST":
            return redirect("admin:reconnects_policyversion_preview")
        if request.POST.get("to") == "off":
            self._switch_off(request)
        elif request.POST.get("to") == "on":
            self._switch_on(request)
        else:
            self.message_user(request, gettext("Say on or off. Nothing was changed."), messages.ERROR)
        return redirect(LIST)

    def _switch_on(self, request: HttpRequest) -> None:
        try:
            was_off = switch_on(by=user_of(request), now=timezone.now())
        except NoRules:
            told = gettext("There are no rules yet. Write some, then switch the policy on.")
            self.message_user(request, told, messages.ERROR)
            return
        told = gettext("The policy is on.") if was_off else gettext("The policy was on already.")
        self.message_user(request, told, messages.SUCCESS)

    def _switch_off(self, request: HttpRequest) -> None:
        stopped = stop(by=user_of(request), now=timezone.now())
        if stopped is None:
            self.message_user(request, gettext("The policy was off already."), messages.WARNING)
            return
        self.message_user(request, _in_words(stopped), messages.SUCCESS)

    def get_urls(self) -> list[URLPattern]:
        def page(name: str, view: Callable[[HttpRequest], HttpResponse]) -> URLPattern:
            return path(f"{name}/", self.admin_site.admin_view(view), name=f"reconnects_policyversion_{name}")

        return [page("preview", self.preview_view), page("switch", self.switch_view), *super().get_urls()]

    def _preview(
        self, request: HttpRequest, version: PolicyVersion | None, *, form: PolicyForm | None = None
    ) -> HttpResponse:
        policy = Policy.objects.current()
        context = {
            **self.admin_site.each_context(request),
            **self._state(request, policy),
            "opts": self.opts,
            "title": gettext("What the policy would do today"),
            "preview": preview_of(version, now=timezone.now()) if version else None,
            "rules": rules_in_words(version) if version else [],
            "form": form,
        }
        return TemplateResponse(request, "admin/reconnects/policy_preview.html", context)

    def _state(self, request: HttpRequest, policy: Policy) -> dict[str, Any]:
        return {
            "policy": policy,
            "may_switch": self.has_switch_permission(request),
            "may_write": self.has_add_permission(request),
            "makes": makes_in_words(policy.version) if policy.version else "",
        }


def _in_words(stopped: Stopped) -> str:
    cancelled = ngettext(
        "The policy is off. %d e-mail that waited was cancelled.",
        "The policy is off. %d e-mails that waited were cancelled.",
        stopped.cancelled,
    )
    reminders = ngettext(
        "%d car gets no more reminders.", "%d cars get no more reminders.", stopped.without_reminders
    )
    return f"{cancelled % stopped.cancelled} {reminders % stopped.without_reminders}"
