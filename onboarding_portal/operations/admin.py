"""Background work in the admin: tasks, and the jobs of the clock.

The library's own list of tasks loads each task's code to name it, and one that is gone breaks the list.
"""

from django.contrib import admin
from django.http import HttpRequest
from django_tasks_db.admin import DBTaskResultAdmin
from django_tasks_db.models import DBTaskResult

from onboarding_portal.accounts.staff.model_admin import StaffModelAdmin
from onboarding_portal.accounts.staff.read_only import ReadOnly
from onboarding_portal.operations.models import RegularJob

admin.site.unregister(DBTaskResult)  # Django's way to change the admin of somebody else's rows


@admin.register(DBTaskResult)
class TaskAdmin(DBTaskResultAdmin):
    show_full_result_count = False

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        return ("id", "task_path", "status", "enqueued_at", "started_at", "finished_at")


@admin.register(RegularJob)
class RegularJobAdmin(ReadOnly, StaffModelAdmin[RegularJob]):
    """What the clock does, when, and why it did not."""

    list_display = ["name", "next_at", "done_at", "failed_at", "tries", "failure"]
    ordering = ["name"]
