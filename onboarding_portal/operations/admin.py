"""Background tasks in the admin. Theirs loads each task's code to name it, and one that is gone breaks the list."""

from django.contrib import admin
from django.http import HttpRequest
from django_tasks_db.admin import DBTaskResultAdmin
from django_tasks_db.models import DBTaskResult

admin.site.unregister(DBTaskResult)  # Django's way to change the admin of somebody else's rows


@admin.register(DBTaskResult)
class TaskAdmin(DBTaskResultAdmin):
    show_full_result_count = False

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        return ("id", "task_path", "status", "enqueued_at", "started_at", "finished_at")
