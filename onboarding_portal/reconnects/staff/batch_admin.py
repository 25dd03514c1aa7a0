"""A batch's page: how far it is, what failed and why, its links; and the acts on it."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotAllowed,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from onboarding_portal.accounts.audit import Act, record
from onboarding_portal.accounts.requests import user_of
from onboarding_portal.accounts.staff.model_admin import StaffModelAdmin
from onboarding_portal.accounts.staff.read_only import ReadOnly
from onboarding_portal.lengths import about
from onboarding_portal.reconnects.models import Batch, BatchKind, Reconnect, State
from onboarding_portal.reconnects.staff import batches
from onboarding_portal.reconnects.staff.batch_csv import csv_rows
from onboarding_portal.reconnects.staff.batch_progress import OPENED, BatchProgress, batch_progress
from onboarding_portal.reconnects.staff.batch_standstill import without_workers
from onboarding_portal.reconnects.staff.link_to_hand_out import shown_link
from onboarding_portal.reconnects.staff.mail_again_admin import MailsAgain
from onboarding_portal.reconnects.staff.permissions import StaffStyles, may_ask_for, may_see_links

ROWS_PER_PAGE = 25


@admin.register(Batch)
class BatchAdmin(ReadOnly, StaffStyles, MailsAgain, StaffModelAdmin[Batch]):
    list_display = [
        *("__str__", "created_at", "created_by", "progress", "opened", "back", "back_share", "cancelled_at")
    ]
    list_filter = ["kind"]
    list_select_related = ["created_by"]
    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    sortable_by = ["created_at"]
    ordering = ["-pk"]
    actions = None

    @admin.display(description=gettext_lazy("done"))
    def progress(self, batch: Any) -> str:
        done = batch.reconnect_count - batch.waiting_count
        return _("%(done)d of %(all)d") % {"done": done, "all": batch.reconnect_count}

    @admin.display(description=gettext_lazy("opened"))
    def opened(self, batch: Any) -> int:
        return int(batch.opened_count)

    @admin.display(description=gettext_lazy("back"))
    def back(self, batch: Any) -> int:
        return int(batch.back_count)

    @admin.display(description=gettext_lazy("of these back"))
    def back_share(self, batch: Any) -> str:
        total = batch.reconnect_count
        return f"{100 * batch.back_count / total:.0f} %" if total else "-"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Batch]:
        # As subqueries, which are worked out for the rows of one page and not for all batches there ever were.
        return (
            super()
            .get_queryset(request)
            .annotate(
                reconnect_count=_count(Q()),
                waiting_count=_count(Q(state=State.QUEUED)),
                opened_count=_count(OPENED),
                back_count=_count(Q(state=State.RECONNECTED)),
            )
        )

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if trouble := without_workers(now=timezone.now()):
            self.message_user(request, trouble, messages.WARNING)
        return super().changelist_view(request, extra_context)

    def get_urls(self) -> list[URLPattern]:
        def page(name: str, view: Callable[..., HttpResponseBase]) -> URLPattern:
            route = f"<int:batch_id>/{name}/"
            return path(route, self.admin_site.admin_view(view), name=f"reconnects_batch_{name}")

        return [
            page("progress", self.progress_view),
            page("csv", self.csv_view),
            page("cancel", self.cancel_view),
            page("retry", self.retry_view),
            *super().get_urls(),
        ]

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """The batch's own page; there is nothing to edit."""
        if request.method not in {"GET", "HEAD"}:
            return HttpResponseNotAllowed(["GET", "HEAD"])
        batch = self._batch_to_see(request, object_id)
        progress = batch_progress(batch=batch, now=timezone.now())
        context = {
            **self._context(request, batch, progress),
            **self._rows(request, batch, progress),
            "subtitle": None,
            "may_see_links": may_see_links(request),
        }
        return TemplateResponse(request, "admin/reconnects/batch.html", context)

    def progress_view(self, request: HttpRequest, batch_id: int) -> HttpResponse:
        """The part of the page that changes while the batch is worked on."""
        batch = self._batch_to_see(request, batch_id)
        context = self._context(request, batch, batch_progress(batch=batch, now=timezone.now()))
        return TemplateResponse(request, "admin/reconnects/_progress.html", {**context, "is_fragment": True})

    def csv_view(self, request: HttpRequest, batch_id: int) -> StreamingHttpResponse:
        batch = self._batch_to_see(request, batch_id)
        with_links = may_see_links(request)
        if with_links:
            record(act=Act.LINKS_DOWNLOADED, actor=user_of(request), thing=batch)
            self.write_history(request, [batch], _("Downloaded with links."))
        return StreamingHttpResponse(
            csv_rows(batch=batch, with_links=with_links),
            content_type="text/csv; charset=utf-8",
            headers={"Content-Disposition": f'attachment; filename="reconnects-{batch.pk}.csv"'},
        )

    def cancel_view(self, request: HttpRequest, batch_id: int) -> HttpResponse:
        batch = self._batch_to_act_on(request, batch_id)
        if request.method != "POST":
            return self._ask(request, batch, "admin/reconnects/confirm_cancel.html")
        count = batches.cancel_batch(batch=batch, by=user_of(request), now=timezone.now())
        done = ngettext("Cancelled %d reconnect.", "Cancelled %d reconnects.", count) % count
        return self._done(request, batch, done, count=count)

    def retry_view(self, request: HttpRequest, batch_id: int) -> HttpResponse:
        batch = self._batch_to_act_on(request, batch_id)
        if request.method != "POST":
            return self._ask(request, batch, "admin/reconnects/confirm_retry.html")
        count = batches.retry_failed(batch=batch, by=user_of(request), now=timezone.now())
        done = ngettext("Trying %d reconnect again.", "Trying %d reconnects again.", count) % count
        return self._done(request, batch, done, count=count)

    def _batch_to_see(self, request: HttpRequest, batch_id: int | str) -> Batch:
        if not self.has_view_permission(request):
            raise PermissionDenied
        if not str(batch_id).isascii() or not str(batch_id).isdecimal() or len(str(batch_id)) > 18:
            batch_id = 0
        return get_object_or_404(Batch.objects.select_related("created_by", "cancelled_by"), pk=batch_id)

    def _batch_to_act_on(self, request: HttpRequest, batch_id: int) -> Batch:
        batch = self._batch_to_see(request, batch_id)
        if not may_ask_for(BatchKind(batch.kind), request):
            raise PermissionDenied
        return batch

    def _ask(self, request: HttpRequest, batch: Batch, template: str) -> HttpResponse:
        progress = batch_progress(batch=batch, now=timezone.now())
        return TemplateResponse(request, template, self._context(request, batch, progress))

    def _done(self, request: HttpRequest, batch: Batch, done: str, *, count: int) -> HttpResponse:
        if count:
            self.write_history(request, [batch], done)
        self.message_user(request, done, messages.SUCCESS if count else messages.WARNING)
        return redirect("admin:reconnects_batch_change", batch.pk)

    def _context(self, request: HttpRequest, batch: Batch, progress: BatchProgress) -> dict[str, Any]:
        return {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": str(batch),
            "batch": batch,
            "progress": progress,
            "time_left": about(progress.seconds_left) if progress.seconds_left else "",
            "may_act": may_ask_for(BatchKind(batch.kind), request),
            "may_mail": may_ask_for(BatchKind.EMAILS, request),
        }

    def _rows(self, request: HttpRequest, batch: Batch, progress: BatchProgress) -> dict[str, Any]:
        """One page of the batch's reconnects, all or those in one state. Their number is known already."""
        state = request.GET.get("state", "")
        rows = batches.rows_of(batch).select_related("vehicle__owner", "vehicle__make", "vehicle__model")
        count = progress.total
        if state in State.values:
            rows, count = rows.filter(state=state), progress.counts[State(state)]
        else:
            state = ""
        page = CountedPaginator(rows.order_by("pk"), ROWS_PER_PAGE, count=count).get_page(
            request.GET.get("p")
        )
        now, may_see = timezone.now(), may_see_links(request)
        links = [shown_link(row, may_see=may_see, now=now) for row in page.object_list]
        return {"page": page, "links": links, "state": State(state) if state else None}


def _count(condition: Q) -> Coalesce:
    rows = Reconnect.objects.filter(condition, batch=OuterRef("pk")).order_by().values("batch")
    return Coalesce(Subquery(rows.annotate(count=Count("*")).values("count")), 0)


class CountedPaginator(Paginator[Reconnect]):
    def __init__(self, rows: QuerySet[Reconnect], per_page: int, *, count: int) -> None:
        super().__init__(rows, per_page)
        self.count = count
