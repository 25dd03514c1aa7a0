"""Errors told to Sentry, if SENTRY_DSN is set. Only then is this module loaded, and Sentry's with it.

An event is made anew from what is known to be harmless, and every text in it is cleaned as a log line is. No
request body, cookie, header, query, address of a visitor or local variable leaves the portal. There are no traces,
and calls to ev.energy carry no header of Sentry's.
"""

import os
from collections.abc import Iterator, Mapping
from typing import Any

import sentry_sdk
from django.conf import settings
from sentry_sdk.integrations.atexit import AtexitIntegration
from sentry_sdk.integrations.dedupe import DedupeIntegration
from sentry_sdk.integrations.django import DjangoIntegration
from sentry_sdk.integrations.logging import LoggingIntegration
from sentry_sdk.types import Breadcrumb, Event, Hint

from onboarding_portal.ev_energy.request_context import current_request_id
from onboarding_portal.operations.logs.filter import RedactSecrets, secret_values
from onboarding_portal.redaction import redact

PLAIN = (
    "event_id",
    "timestamp",
    "level",
    "logger",
    "platform",
    "release",
    "environment",
    "sdk",
    "transaction",
)
FRAME = ("filename", "function", "module", "lineno", "in_app", "pre_context", "context_line", "post_context")
# Their messages quote values, and values are owners'.
QUOTE_VALUES = ("django.db", "psycopg", "sqlite3", "pydantic")

_filter = RedactSecrets(secret_values(os.environ))


def begin() -> None:
    sentry_sdk.init(
        dsn=settings.SENTRY_DSN,
        default_integrations=False,
        auto_enabling_integrations=False,
        # The logs' handlers see a crash of the process or of a thread; no integration of Sentry's has to.
        integrations=[
            DjangoIntegration(middleware_spans=False, signals_spans=False),
            LoggingIntegration(),
            DedupeIntegration(),
            AtexitIntegration(callback=_say_nothing),
        ],
        before_send=clean_event,
        before_breadcrumb=clean_breadcrumb,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        propagate_traces=False,
        auto_session_tracking=False,
        send_client_reports=False,
        enable_metrics=False,
    )


def clean_event(event: Event, hint: Hint) -> Event:
    """The event with what may leave the portal, and nothing else."""
    given: Mapping[str, Any] = event
    kept: dict[str, Any] = {name: given[name] for name in PLAIN if name in given}
    if errors := (given.get("exception") or {}).get("values"):
        kept["exception"] = {"values": [_error(error) for error in errors]}
    entry = given.get("logentry") or {}
    if message := entry.get("formatted") or entry.get("message") or given.get("message"):
        kept["message"] = redact(str(message), is_quoted=True)
    if breadcrumbs := (given.get("breadcrumbs") or {}).get("values"):
        kept["breadcrumbs"] = {"values": list(_breadcrumbs(breadcrumbs))}
    kept["tags"] = {"request_id": current_request_id.get()}
    if method := (given.get("request") or {}).get("method"):
        kept["request"] = {"method": method}
    cleaned: Event = _cleaned(kept)
    return cleaned


def clean_breadcrumb(breadcrumb: Breadcrumb, hint: Hint) -> Breadcrumb | None:
    """Log lines only: statements to the database hold values, and addresses hold tokens."""
    return next(_breadcrumbs([breadcrumb]), None)


def _breadcrumbs(breadcrumbs: list[Breadcrumb]) -> Iterator[Breadcrumb]:
    for each in breadcrumbs:
        if each.get("type") == "log":
            kept: dict[str, Any] = {
                name: each[name] for name in ("type", "level", "category", "timestamp") if name in each
            }
            kept["message"] = redact(str(each.get("message")), is_quoted=True)
            yield _cleaned(kept)


def _error(error: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: error.get(name) for name in ("type", "module")}
    quotes_values = str(error.get("module") or "").startswith(QUOTE_VALUES)
    kept["value"] = "" if quotes_values else redact(str(error.get("value") or ""), is_quoted=True)
    frames = (error.get("stacktrace") or {}).get("frames") or []
    kept["stacktrace"] = {"frames": [{name: frame.get(name) for name in FRAME} for frame in frames]}
    return kept


def _cleaned(kept: dict[str, Any]) -> Any:
    own = {"timestamp", "event_id"}  # Sentry's client made these, and reads them again
    return {name: value if name in own else _filter.clean(value) for name, value in kept.items()}


def _say_nothing(pending: int, timeout: float) -> None:
    """What Sentry says at the end of a process is no line of our log."""
