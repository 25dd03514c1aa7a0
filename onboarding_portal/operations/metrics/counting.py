"""What is counted where the portal's own code has no place for it: requests, and tasks."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django_tasks import TaskResult

from onboarding_portal.counters import REQUEST_SECONDS, REQUESTS, TASKS

KNOWN_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


def count_request(request: HttpRequest, response: HttpResponse, *, seconds: float) -> None:
    page = page_of(request)
    REQUESTS.labels(
        page, request.method if request.method in KNOWN_METHODS else "-", response.status_code
    ).inc()
    REQUEST_SECONDS.labels("staff" if page == "admin" else "owners").observe(seconds)


def page_of(request: HttpRequest) -> str:
    """The view's name, "admin" for all of the admin, "-" where no page is known (probes, static files)."""
    match = request.resolver_match
    if match is None:
        return "-"
    return "admin" if match.app_name == "admin" else match.view_name


def count_task(*, task_result: TaskResult[Any], **_: Any) -> None:
    TASKS.labels(task_result.task.name, task_result.status).inc()
