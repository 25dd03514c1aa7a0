"""Staff make keys for the company's systems, see what they are used for, and revoke them."""

from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from onboarding_portal.accounts.audit import Act, record
from onboarding_portal.accounts.requests import user_of
from onboarding_portal.accounts.staff.model_admin import StaffModelAdmin
from onboarding_portal.accounts.staff.read_only import ReadOnly
from onboarding_portal.accounts.two_factor.sealing import CannotBeOpened, seal, unseal
from onboarding_portal.api.keys.form import KeyForm
from onboarding_portal.api.models import ApiKey, HandOver, Scope
from onboarding_portal.vehicles.admin_search_and_filters import YesNoFilter

# In the session of whoever made the key, sealed, until its page has shown it.
NOT_SHOWN_YET = "api_key_not_shown_yet"


class InForceFilter(YesNoFilter):
    title = _("in force")
    parameter_name = "in_force"

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() is None:
            return queryset
        good = ApiKey.objects.in_force(now=timezone.now())
        return queryset.filter(pk__in=good) if self.value() == "yes" else queryset.exclude(pk__in=good)


@admin.register(ApiKey)
class ApiKeyAdmin(StaffModelAdmin[ApiKey]):
    form = KeyForm
    act_of_adding = Act.KEY_MADE
    act_of_changing = Act.KEY_CHANGED
    list_display = ("name", "ends_with", "may_do", "last_used_at", "expires_at", "revoked_at")
    list_filter = (InForceFilter,)
    ordering = ("-pk",)
    actions = ("revoke",)
    readonly_fields = (
        "ends_with",
        "made_by_signature",
        "created_at",
        "last_used_at",
        "revoked_at",
    )
    show_full_result_count = False

    @admin.display(description=_("ends with"))
    def ends_with(self, key: ApiKey) -> str:
        return f"…{key.hint}" if key.hint else "-"

    @admin.display(description=_("what it may do"))
    def may_do(self, key: ApiKey) -> str:
        return ", ".join(key.scopes)

    def has_delete_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        return False  # what was done with it would lose its name

    def has_change_permission(self, request: HttpRequest, obj: ApiKey | None = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or obj.revoked_at is None)

    def get_readonly_fields(self, request: HttpRequest, obj: ApiKey | None = None) -> Any:
        return self.readonly_fields if obj else ()

    # A key is made

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> ApiKey:
        if change:
            return cast("ApiKey", super().save_form(request, form, change))
        made, secret = ApiKey.objects.make(
            **{name: form.cleaned_data[name] for name in form.Meta.fields},
            by=user_of(request),
            now=timezone.now(),
        )
        request.session[NOT_SHOWN_YET] = [made.pk, seal(secret)]
        return made

    def save_model(self, request: HttpRequest, obj: ApiKey, form: Any, change: bool) -> None:
        if change:
            super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Nothing hangs on a key."""

    def response_add(self, request: HttpRequest, obj: ApiKey, post_url_continue: Any = None) -> HttpResponse:
        return redirect("admin:api_apikey_secret", obj.pk)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if request.method == "POST" and (made := self._made_just_now(request)):
            return redirect("admin:api_apikey_secret", made.pk)
        try:
            return super().add_view(request, form_url, extra_context)
        except IntegrityError:
            messages.info(request, _("There is a key of this name already."))
            return redirect("admin:api_apikey_changelist")

    def _made_just_now(self, request: HttpRequest) -> ApiKey | None:
        """The key the first half of a double click made, and whose page nobody has seen yet."""
        pk = request.session.get(NOT_SHOWN_YET, [None])[0]
        return ApiKey.objects.filter(
            pk=pk, name=request.POST.get("name", "").strip(), revoked_at=None
        ).first()

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(never_cache(self.secret_view))
        return [path("<int:object_id>/secret/", view, name="api_apikey_secret"), *super().get_urls()]

    def secret_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Shows the key to whoever made it, once."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        key = ApiKey.objects.filter(pk=object_id).first()
        if key is None:
            raise Http404
        secret = ""
        if request.method == "GET" and request.session.get(NOT_SHOWN_YET, [None])[0] == object_id:
            try:
                secret = unseal(request.session.pop(NOT_SHOWN_YET)[1])
            except CannotBeOpened:
                secret = ""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": gettext("The key for %(name)s") % {"name": key.name},
            "key": key,
            "secret": secret,
            "hands_over": key.may(Scope.SESSIONS_WRITE),
        }
        return render(request, "admin/api/secret.html", context)

    # A key is revoked

    def has_revoke_permission(self, request: HttpRequest) -> bool:
        return user_of(request).has_perm("api.revoke_apikey")

    @admin.action(description=_("Revoke: they stop working at once, for good"), permissions=["revoke"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[ApiKey]) -> None:
        staff, now = user_of(request), timezone.now()
        with transaction.atomic():
            revoked = [key for key in queryset if key.revoke(now=now)]
            for key in revoked:
                record(act=Act.KEY_REVOKED, actor=staff, thing=key)
            self.write_history(request, revoked, gettext("Revoked."))
        text = ngettext("Revoked %d key.", "Revoked %d keys.", len(revoked)) % len(revoked)
        self.message_user(request, text, messages.SUCCESS if revoked else messages.WARNING)


@admin.register(HandOver)
class HandOverAdmin(ReadOnly, StaffModelAdmin[HandOver]):
    list_display = ("created_at", "owner", "journey", "key", "outcome", "opened_at", "ended_at", "reference")
    list_filter = ("outcome", "journey")
    list_select_related = ("owner", "key")
    ordering = ("-created_at",)
    show_full_result_count = False
    fields = (
        *("key", "owner", "journey", "vehicle", "make_id", "model_id", "trim_id", "return_url"),
        *("language", "reference", "created_at", "expires_at", "opened_at", "ended_at"),
        *("outcome", "outcome_at"),
    )
