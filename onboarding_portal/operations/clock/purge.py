"""`manage.py purge`: what nobody needs any more is removed, after the times in RULES.

Sign-in codes live in sessions and in the cache and go with them. Raw copies of ev.energy's logs are kept nowhere but
in the cache, for a minute. Links of ev.energy are emptied, not deleted: the reconnect stays as history.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from axes.models import AccessAttempt, AccessLog
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.models import QuerySet
from django_tasks_db.models import DBTaskResult

from onboarding_portal.accounts.models import Invitation, User
from onboarding_portal.reconnects.background import sweep
from onboarding_portal.reconnects.models import FINAL_STATES, LastingLink
from onboarding_portal.vehicles.make_outage import UsualDay
from onboarding_portal.vehicles.models import SyncRun, SyncState

logger = logging.getLogger(__name__)

# Small enough that nobody waits for a lock, also on SQLite, where one writer is let in at a time.
BATCH_ROWS = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Rows that are too old once they are `after` past the moment the query compares with."""

    name: str
    after: timedelta
    rows: Callable[[datetime], QuerySet[Any]]


RULES = [
    Rule(
        name="sessions past their end",
        after=timedelta(0),
        rows=lambda before: Session.objects.filter(expire_date__lt=before),
    ),
    Rule(
        name="owners who never entered a code",
        after=timedelta(days=7),
        rows=lambda before: User.objects.never_used().filter(joined_at__lt=before),
    ),
    Rule(
        name="invitations that ran out unused",
        after=timedelta(days=90),
        rows=lambda before: Invitation.objects.filter(accepted_at=None, expires_at__lt=before),
    ),
    Rule(
        name="e-mailed links of reconnects that ended",
        after=timedelta(days=90),
        rows=lambda before: LastingLink.objects.filter(
            reconnect__state__in=FINAL_STATES, reconnect__ended_at__lt=before
        ),
    ),
    Rule(
        name="finished tasks",
        after=timedelta(days=14),
        rows=lambda before: DBTaskResult.objects.finished().filter(finished_at__lt=before),
    ),
    Rule(
        name="wrong passwords of staff",
        after=timedelta(days=30),
        rows=lambda before: AccessAttempt.objects.filter(attempt_time__lt=before),
    ),
    Rule(
        name="sign-ins and sign-outs",
        after=timedelta(days=30),
        rows=lambda before: AccessLog.objects.filter(attempt_time__lt=before),
    ),
    Rule(
        name="finished readings of all vehicles",
        after=timedelta(days=90),
        rows=lambda before: SyncRun.objects.exclude(state=SyncState.RUNNING).filter(started_at__lt=before),
    ),
    Rule(
        name="what was usual in the past",
        after=timedelta(days=90),
        rows=lambda before: UsualDay.objects.filter(day__lt=before.date()),
    ),
]


def purge(*, now: datetime) -> dict[str, int]:
    """Returns how many rows went, by what they were. Running it again, or twice at once, does no harm."""
    counts = {"links of ev.energy past their end": sweep.forget_links(now=now)}
    for rule in RULES:
        counts[rule.name] = _delete(rule, before=now - rule.after)
    counts["cached values past their end"] = _delete_cached(now=now)
    logger.info("Purged %d rows", sum(counts.values()), extra={"purged": counts})
    return counts


def _delete(rule: Rule, *, before: datetime) -> int:
    deleted = 0
    while batch := _delete_batch(rule.rows(before)):
        deleted += batch
    return deleted


def _delete_batch(rows: QuerySet[Any]) -> int:
    with transaction.atomic():
        # Locked while they still fit the rule, so that a row that comes to be needed meanwhile stays; what another
        # purge has locked is its to delete.
        locked = rows.select_for_update(skip_locked=True, of=("self",)).order_by("pk")
        keys = list(locked.values_list("pk", flat=True)[:BATCH_ROWS])
        if keys:
            rows.filter(pk__in=keys).delete()
    return len(keys)


def _delete_cached(*, now: datetime) -> int:
    """Django's cache table throws out what has ended only once it is full."""
    return sum(_delete_from_table(config["LOCATION"], now=now) for config in _table_caches())


def _table_caches() -> list[dict[str, Any]]:
    return [each for each in settings.CACHES.values() if each["BACKEND"].endswith("DatabaseCache")]


def _delete_from_table(name: str, *, now: datetime) -> int:
    connection = connections[DEFAULT_DB_ALIAS]
    table = connection.ops.quote_name(name)
    moment = connection.ops.adapt_datetimefield_value(now.replace(microsecond=0))
    ended = f"SELECT cache_key FROM {table} WHERE expires < %s ORDER BY cache_key LIMIT {BATCH_ROWS}"  # noqa: S608  the table's name is a setting
    deleted = 0
    with connection.cursor() as cursor:
        while True:
            # `expires` is asked again: the key may have been written anew meanwhile.
            cursor.execute(
                f"DELETE FROM {table} WHERE expires < %s AND cache_key IN ({ended})",  # noqa: S608  as above
                [moment, moment],
            )
            batch: int = cursor.rowcount
            deleted += batch
            if batch < BATCH_ROWS:
                return deleted
