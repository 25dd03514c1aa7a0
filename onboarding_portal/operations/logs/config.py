"""How log lines look and where they go: one JSON object a line for machines, plain lines for people."""

import logging
import sys
import threading
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any

from onboarding_portal.ev_energy.request_context import current_request_id
from onboarding_portal.operations.logs.filter import RedactSecrets, secret_values

# Their standard output is their log. That of any other command is its answer, so its log goes beside it.
BACKGROUND = {"db_worker", "clock"}
LONG_RUNNING = BACKGROUND | {"runserver"}

# Django and gunicorn bring handlers of their own, which know no filter.
ONLY_ROOT: dict[str, Any] = {"handlers": [], "propagate": True}
LOGGERS: dict[str, Any] = {
    "django": ONLY_ROOT,
    "django.server": ONLY_ROOT,
    "gunicorn.error": ONLY_ROOT | {"level": "INFO"},
    # The portal writes its own line of each request, without the query.
    "gunicorn.access": {"handlers": [], "propagate": False},
    # It tells of every request that waits for a thread, and of visitors who left.
    "waitress": ONLY_ROOT | {"level": "WARNING"},
    "waitress.queue": ONLY_ROOT | {"level": "ERROR"},
    # The portal writes its own line of a failed task, without what the error quoted.
    "django_tasks": {"filters": ["no_traceback"]},
}
FORMATTERS: dict[str, Any] = {
    "plain": {"format": "%(asctime)s %(levelname)s %(name)s [%(request_id)s] %(message)s"},
    "json": {
        "()": "pythonjsonlogger.json.JsonFormatter",
        "fmt": "levelname,name,message,request_id",
        "style": ",",
        "rename_fields": {"levelname": "level", "name": "logger"},
        "timestamp": True,
    },
}

logger = logging.getLogger("onboarding_portal.crash")


def logging_config(
    *, log_format: str, level: str, environ: Mapping[str, str], argv: Sequence[str]
) -> dict[str, Any]:
    """Returns Django's LOGGING. `log_format` is "json" or "plain"; secrets in `environ` never appear in a line."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": FORMATTERS,
        "filters": {
            "no_traceback": {"()": DropTraceback},
            "request_id": {"()": AddRequestId},
            "redact": {"()": RedactSecrets, "secrets": secret_values(environ)},
        },
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "stream": "ext://sys.stdout" if is_server(argv) else "ext://sys.stderr",
                "formatter": log_format,
                "filters": ["request_id", "redact"],
            }
        },
        "root": {"handlers": ["console"], "level": level},
        "loggers": LOGGERS,
    }


class AddRequestId(logging.Filter):
    """Gives every log line the id of the request or task it was written in; empty where there is none."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.request_id = current_request_id.get()
        return True


class DropTraceback(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        record.exc_info = record.exc_text = None
        return True


def is_server(argv: Sequence[str]) -> bool:
    """Whether this process serves until it is ended, rather than being a command somebody waits for."""
    program = argv[0] if argv else ""
    return "gunicorn" in program or (
        program.endswith("manage.py") and LONG_RUNNING.issuperset(argv[1:2] or [""])
    )


def is_background(argv: Sequence[str]) -> bool:
    """Whether this process works where nobody looks."""
    return is_server(argv) and BACKGROUND.issuperset(argv[1:2])


def log_crashes() -> None:
    """From now on what ends this process, or one of its threads, is a log line and not a bare traceback."""
    sys.excepthook = _log_crash
    threading.excepthook = _log_thread_crash


def _log_crash(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    logger.critical("The process ends: %s", kind.__name__, exc_info=(kind, error, trace))


def _log_thread_crash(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None and not isinstance(args.exc_value, SystemExit):
        logger.critical(
            "A thread ends: %s",
            args.exc_type.__name__,
            exc_info=(args.exc_type, args.exc_value, args.exc_traceback),
        )
