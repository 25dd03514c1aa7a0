"""`manage.py purge`: what nobody needs any more is removed, after the times in `purge_rules.py`.

Sign-in codes live in sessions and in the cache and go with them. Raw copies of ev.energy's logs are kept nowhere but
in the cache, for a minute. Links of ev.energy are emptied, not deleted: the reconnect stays as history.
"""

import logging
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.models import QuerySet

from onboarding_portal.accounts.audit import Act, job, record
from onboarding_portal.accounts.models import User
from onboarding_portal.operations.clock.purge_rules import RULES, Rule
from onboarding_portal.reconnects.background import sweep
from onboarding_portal.vehicles.models import Vehicle

logger = logging.getLogger(__name__)

# Small enough that nobody waits for a lock, also on SQLite, where one writer is let in at a time.
BATCH_ROWS = 500
# What goes of these is in the audit log: how many, and not which.
ABOUT_PEOPLE = {User, Vehicle}


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
    while batch := _delete_batch(rule.rows(before), oldest_first=rule.oldest_first):
        deleted += batch
    return deleted


def _delete_batch(rows: QuerySet[Any], *, oldest_first: str) -> int:
    with transaction.atomic():
        # Locked while they still fit the rule, so that a row that comes to be needed meanwhile stays; what another
        # purge has locked is its to delete.
        locked = rows.select_for_update(skip_locked=True, of=("self",)).order_by(oldest_first)
        keys = list(locked.values_list("pk", flat=True)[:BATCH_ROWS])
        if keys:
            rows.filter(pk__in=keys).delete()
            if rows.model in ABOUT_PEOPLE:
                label = str(rows.model._meta.verbose_name_plural)
                record(act=Act.PURGED, actor=job("purge"), detail=label, count=len(keys))
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
