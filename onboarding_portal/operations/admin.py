"""Background work in the admin: tasks, and the jobs of the clock.

The library's own list of tasks loads each task's code to name it, and one that is gone breaks the list.
"""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_tasks import TaskResultStatus
from django_tasks_db.admin import DBTaskResultAdmin
from django_tasks_db.models import DBTaskResult

from onboarding_portal.accounts.staff.model_admin import StaffModelAdmin
from onboarding_portal.accounts.staff.read_only import ReadOnly
from onboarding_portal.operations.engine.facts import is_cut_off
from onboarding_portal.operations.metrics.processes import ALIVE_FOR, Kind
from onboarding_portal.operations.models import Alarm, Notice, Process, RegularJob

admin.site.unregister(DBTaskResult)  # Django's way to change the admin of somebody else's rows


@admin.register(DBTaskResult)
class TaskAdmin(DBTaskResultAdmin):
    show_full_result_count = False

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        return ["id", "task_path", _standing(), "enqueued_at", "started_at", "finished_at"]

    def get_readonly_fields(
        self, request: HttpRequest, obj: DBTaskResult[Any, Any] | None = None
    ) -> list[Any]:
        return [_standing(), *super().get_readonly_fields(request, obj)]


def _standing() -> Callable[[DBTaskResult[Any, Any]], str]:
    """How a task stands, by which workers are alive now: a column. One query."""
    now = timezone.now()
    alive = list(
        Process.objects.filter(kind=Kind.WORKER, seen_at__gt=now - ALIVE_FOR).values_list("pk", flat=True)
    )

    @admin.display(description=_("state"), ordering="status")
    def how_it_stands(task: DBTaskResult[Any, Any]) -> str:
        is_running = task.status == TaskResultStatus.RUNNING
        if is_running and is_cut_off(task.started_at, task.worker_ids, alive=alive, now=now):
            return gettext("Cut off: its worker is gone. What it was about is taken up again by itself.")
        return gettext("Under way") if is_running else str(TaskResultStatus(task.status).label)

    return how_it_stands


@admin.register(RegularJob)
class RegularJobAdmin(ReadOnly, StaffModelAdmin[RegularJob]):
    """What the clock does, when, and why it did not."""

    list_display = ["name", "next_at", "done_at", "failed_at", "tries", "failure"]
    ordering = ["name"]


@admin.register(Process)
class ProcessAdmin(ReadOnly, StaffModelAdmin[Process]):
    """Who gave a sign of life, and when."""

    list_display = ["kind", "seen_at", "started_at", "id"]
    list_filter = ["kind"]
    fields = ["kind", "id", "started_at", "seen_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Process]:
        return super().get_queryset(request).exclude(kind=Kind.GONE).defer("counts")

    ordering = ["-seen_at"]
    show_facets = admin.ShowFacets.NEVER


class NoticeInline(ReadOnly, admin.TabularInline[Notice, Alarm]):
    model = Notice
    fields = ["moment", "channel", "asked_at", "told_at", "tries", "is_perhaps_sent", "failure", "due_at"]
    ordering = ["pk"]
    verbose_name_plural = _("to whom it was told")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True  # whoever may see the alarm may see whom it was told to


@admin.register(Alarm)
class AlarmAdmin(ReadOnly, StaffModelAdmin[Alarm]):
    """What was wrong, from when to when, and whether it was told."""

    list_display = ["name", "about", "began_at", "ended_at", "facts"]
    list_filter = ["name"]
    fields = ["name", "about", "facts", "began_at", "seen_at", "quiet_since", "ended_at"]
    ordering = ["-began_at"]
    inlines = [NoticeInline]
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
