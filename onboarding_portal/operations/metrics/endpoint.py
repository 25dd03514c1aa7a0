"""`/metrics`, for whoever brings the token. Answered ahead of everything else: Prometheus calls by an address that is
no allowed host, and without https.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from onboarding_portal.operations.metrics.state import StateCollector
from onboarding_portal.operations.metrics.sums import SumsCollector

PATH = "/metrics"


def exposition() -> bytes:
    """All metrics as Prometheus reads them."""
    registry = CollectorRegistry()
    registry.register(SumsCollector())
    registry.register(StateCollector())
    return generate_latest(registry)


class MetricsMiddleware:
    """Without METRICS_TOKEN there is no such page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info != PATH or not settings.METRICS_TOKEN or request.method not in {"GET", "HEAD"}:
            return self.get_response(request)
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not constant_time_compare(token.strip(), settings.METRICS_TOKEN):
            return HttpResponse(
                "The token of METRICS_TOKEN is needed.\n",
                status=401,
                content_type="text/plain; charset=utf-8",
                headers={"WWW-Authenticate": "Bearer", "Cache-Control": "no-store"},
            )
        return HttpResponse(
            exposition(), content_type=CONTENT_TYPE_PLAIN_0_0_4, headers={"Cache-Control": "no-store"}
        )
