"""Invitations from a file: sent in, looked at, confirmed or dropped, followed, stopped.

Until it is confirmed, a file is seen by whoever sent it in and by nobody else.
"""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotAllowed,
    StreamingHttpResponse,
)
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from onboarding_portal.accounts.invitations import importing
from onboarding_portal.accounts.invitations.file_reading import FileRefused
from onboarding_portal.accounts.invitations.makes import name_of
from onboarding_portal.accounts.models import InvitationImport, RowKind
from onboarding_portal.accounts.requests import user_of
from onboarding_portal.accounts.staff.csv_cells import delimiter_for
from onboarding_portal.accounts.staff.model_admin import StaffModelAdmin

ROWS_SHOWN = 100
GOOD_ROWS_SHOWN = 5


class UploadForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("CSV file"),
        allow_empty_file=True,  # it is told of in our words
        error_messages={"required": gettext_lazy("Choose a file first.")},
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.txt,.tsv,text/csv"}),
    )


@admin.register(InvitationImport)
class InvitationImportAdmin(StaffModelAdmin[InvitationImport]):
    list_display = ("file_name", "created_by", "created_at", "confirmed_at", "stopped_at")
    list_select_related = ("created_by",)
    show_full_result_count = False
    sortable_by = ()
    ordering = ("-pk",)
    actions = None

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False  # what is not confirmed goes by itself

    def get_queryset(self, request: HttpRequest) -> QuerySet[InvitationImport]:
        return InvitationImport.objects.seen_by(user_of(request)).order_by(*self.get_ordering(request))

    def get_urls(self) -> list[URLPattern]:
        def page(name: str, view: Callable[..., HttpResponseBase]) -> URLPattern:
            route = f"<int:import_id>/{name}/"
            return path(route, self.admin_site.admin_view(view), name=f"accounts_invitationimport_{name}")

        return [
            page("confirm", self.confirm_view),
            page("stop", self.stop_view),
            page("rest", self.rest_view),
            *super().get_urls(),
        ]

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied
        is_sent, refusal = request.method == "POST", ""
        form = UploadForm(request.POST, request.FILES) if is_sent else UploadForm()
        if is_sent and form.is_valid():
            try:
                stored = self._store(form.cleaned_data["file"], request)
                return redirect("admin:accounts_invitationimport_change", stored.pk)
            except FileRefused as refused:
                refusal = refused.reason
        elif is_sent:
            refusal = " ".join(str(message) for each in form.errors.values() for message in each)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": _("Invite owners from a file"),
            "form": form,
            "refusal": refusal,
            "example": "E-mail;Name;Language;Make;Note",
        }
        status = 400 if refusal else 200
        return TemplateResponse(request, "admin/invitations/upload.html", context, status=status)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """What would be done with the file, or how far it is; there is nothing to edit."""
        if request.method not in {"GET", "HEAD"}:
            return HttpResponseNotAllowed(["GET", "HEAD"])
        source = self._seen(request, object_id, change=False)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": source.file_name,
            "source": source,
            "preview": importing.preview(source),
            "may_act": self.has_change_permission(request),
        }
        if source.confirmed_at is not None:
            context["progress"] = importing.progress(source)
            return TemplateResponse(request, "admin/invitations/progress.html", context)
        rows = source.rows.order_by("line")
        named = rows.annotate(make_name=name_of("make_id"))
        context["good"] = named.filter(kind=RowKind.NEW)[:GOOD_ROWS_SHOWN]
        context["rest"] = rows.exclude(kind=RowKind.NEW)[:ROWS_SHOWN]
        context["rows_shown"] = ROWS_SHOWN
        return TemplateResponse(request, "admin/invitations/preview.html", context)

    def confirm_view(self, request: HttpRequest, import_id: int) -> HttpResponse:
        source = self._seen(request, import_id, change=True)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        count = importing.confirm(
            source=source,
            also_known=request.POST.get("also_known") == "yes",
            by=user_of(request),
            now=timezone.now(),
        )
        if count is None:
            self.message_user(request, _("This file was confirmed or stopped before."), messages.WARNING)
        else:
            done = ngettext("%d owner is invited.", "%d owners are invited.", count) % count
            self.message_user(request, done, messages.SUCCESS)
        return redirect("admin:accounts_invitationimport_change", source.pk)

    def stop_view(self, request: HttpRequest, import_id: int) -> HttpResponse:
        source = self._seen(request, import_id, change=True)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        count = importing.stop(source=source, by=user_of(request), now=timezone.now())
        text = ngettext("%d invitation is taken back.", "%d invitations are taken back.", count) % count
        self.message_user(request, text, messages.SUCCESS if count else messages.WARNING)
        return redirect("admin:accounts_invitationimport_change", source.pk)

    def rest_view(self, request: HttpRequest, import_id: int) -> HttpResponseBase:
        """The rows that are not invited, with what is wrong with each."""
        source = self._seen(request, import_id, change=False)
        return StreamingHttpResponse(
            importing.rows_given_back(source, delimiter=delimiter_for(request)),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="not-invited-{source.pk}.csv"'},
        )

    def _store(self, file: Any, request: HttpRequest) -> InvitationImport:
        return importing.store_file(
            content=file.read(), file_name=file.name or "", by=user_of(request), now=timezone.now()
        )

    def _seen(self, request: HttpRequest, object_id: int | str, *, change: bool) -> InvitationImport:
        may = self.has_change_permission if change else self.has_view_or_change_permission
        if not may(request):
            raise PermissionDenied
        source = self.get_object(request, str(object_id))
        if source is None:
            raise Http404
        return source
