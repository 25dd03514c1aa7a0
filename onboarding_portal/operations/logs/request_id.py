"""One id for each web request and each background task: in every log line, in the answer, on error pages, and in
calls to ev.energy, so that what belongs together can be found together.
"""

import logging
import re
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.encoding import iri_to_uri
from django_tasks import TaskResult

from onboarding_portal.ev_energy.request_context import current_request_id
from onboarding_portal.operations.metrics.counting import KNOWN_METHODS, count_request
from onboarding_portal.operations.middleware.health import PROBES

HEADER = "X-Request-ID"
# Whoever sends the header chooses what stands in our logs, so only what platforms send is taken.
SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}", re.ASCII)

# Parts of addresses that may be logged. An address with any other part is logged as its pattern, because some
# parts are secrets: who holds the link holds the right.
HARMLESS_PARTS = {
    "make_id",
    "model_id",
    "trim_id",
    "vehicle_id",
    "object_id",
    "app_label",
    "logged_at",
    "kind",
}

logger = logging.getLogger("onboarding_portal.requests")


@contextmanager
def bound(request_id: str) -> Iterator[None]:
    """What is logged and what is sent to ev.energy inside the block carries this id."""
    token = current_request_id.set(request_id)
    try:
        yield
    finally:
        current_request_id.reset(token)


class RequestIdMiddleware:
    """Names each request, tells the browser the name, and writes one log line when it is answered."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = _id_of(request)
        with bound(request_id):
            started = time.monotonic()
            response = self.get_response(request)
            response[HEADER] = request_id
            seconds = time.monotonic() - started
            _log(request, response, duration_ms=round(seconds * 1000))
            count_request(request, response, seconds=seconds)
        return response


def loggable_path(request: HttpRequest) -> str:
    """Returns the path, or its pattern where a part may be a secret, or "-" where no page is known for it."""
    match = request.resolver_match
    if match is None:
        is_known = request.path_info in PROBES or request.path_info.startswith(settings.STATIC_URL)
        return iri_to_uri(request.path_info) if is_known else "-"
    return iri_to_uri(request.path_info) if match.kwargs.keys() <= HARMLESS_PARTS else f"/{match.route}"


def _id_of(request: HttpRequest) -> str:
    given = request.META.get("HTTP_X_REQUEST_ID", "")
    return given if SANE_ID.fullmatch(given) else uuid.uuid4().hex


def _log(request: HttpRequest, response: HttpResponse, *, duration_ms: int) -> None:
    # Platforms probe every few seconds; only a probe that fails is news.
    level = logging.DEBUG if request.path_info in PROBES and response.status_code == 200 else logging.INFO
    method = request.method if request.method in KNOWN_METHODS else "-"
    path = loggable_path(request)
    facts = {"method": method, "path": path, "status": response.status_code, "duration_ms": duration_ms}
    logger.log(level, "%s %s: %s", method, path, response.status_code, extra=facts)


def begin_task(*, task_result: TaskResult[Any], **_: Any) -> None:
    """While a task runs, its id stands where a request's would. A task inside a request keeps the request's."""
    if not current_request_id.get():
        current_request_id.set(_id_of_task(task_result))


def end_task(*, task_result: TaskResult[Any], **_: Any) -> None:
    if current_request_id.get() == _id_of_task(task_result):
        current_request_id.set("")


def _id_of_task(task_result: TaskResult[Any]) -> str:
    return f"task-{task_result.id}"
