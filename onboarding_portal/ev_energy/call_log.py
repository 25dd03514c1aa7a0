"""One log line for each call to ev.energy: what, how it ended, how long it took, what is left of the limit.

No URL is logged: queries hold e-mail addresses. The facts are fields of the record (`extra`), for JSON logs.
"""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager

from onboarding_portal.counters import CALL_SECONDS, CALLS
from onboarding_portal.ev_energy.errors import BudgetExhausted, EvEnergyError
from onboarding_portal.ev_energy.request_context import current_request_id
from onboarding_portal.ev_energy.responses import Answer

logger = logging.getLogger("onboarding_portal.ev_energy")


def _no_addresses(record: logging.LogRecord) -> bool:
    return record.levelno > logging.WARNING


# urllib3 writes whole addresses, with e-mail addresses in their queries, when it sends and repeats.
for _name in ("urllib3.connectionpool", "urllib3.util.retry", "urllib3.connection"):
    logging.getLogger(_name).addFilter(_no_addresses)


class CallRecord:
    """What has become known of the call at hand."""

    def __init__(self) -> None:
        self.answer: Answer | None = None


@contextmanager
def logged(*, operation: str) -> Iterator[CallRecord]:
    """Logs and counts the call inside when it ends, and tells an error which call it belongs to."""
    started = time.monotonic()
    record = CallRecord()
    try:
        yield record
    except EvEnergyError as error:
        _name_call(error, operation=operation, answer=record.answer)
        level = logging.INFO if isinstance(error, BudgetExhausted) else logging.WARNING
        _write(level, operation, type(error).__name__, record.answer, started)
        raise
    _write(logging.INFO, operation, "ok", record.answer, started)


def _name_call(error: EvEnergyError, *, operation: str, answer: Answer | None) -> None:
    error.operation = error.operation or operation
    if answer is not None:
        error.status = error.status or answer.status
        error.request_id = error.request_id or answer.request_id
    error.request_id = error.request_id or current_request_id.get()


def _write(level: int, operation: str, outcome: str, answer: Answer | None, started: float) -> None:
    seconds = time.monotonic() - started
    CALLS.labels(operation, outcome).inc()
    CALL_SECONDS.observe(seconds)
    facts = {
        "operation": operation,
        "outcome": outcome,
        "status": answer.status if answer else None,
        "duration_ms": round(seconds * 1000),
        "remaining": answer.remaining if answer else None,
    }
    logger.log(level, "ev.energy %s: %s", operation, outcome, extra=facts)
