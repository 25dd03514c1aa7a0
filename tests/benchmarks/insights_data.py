"""Episodes and reconnects by the million, made by PostgreSQL itself, and the counting of them."""

import time

from django.db import connection
from django.utils import timezone

from onboarding_portal.insights.job import count_now
from tests.benchmarks import admin_data

# Three episodes for each vehicle, one reconnect, all within two years; the first of a stale vehicle goes on.
FILL = [
    """
    INSERT INTO vehicles_staleepisode (vehicle_id, make_id, integration, reason, cause, connected_since, started_at,
                                       lost_at, ended_at, ended_by)
    SELECT vehicle_id, make_id, integration, stale_reason, cause, connected_at, stale_since,
           CASE WHEN stale_reason = 'CONNECTION_LOST' THEN stale_since END, NULL, ''
    FROM vehicles_vehicle WHERE stale_since IS NOT NULL
    """,
    """
    INSERT INTO vehicles_staleepisode (vehicle_id, make_id, integration, reason, cause, connected_since, started_at,
                                       lost_at, ended_at, ended_by)
    SELECT vehicle_id, make_id, 'ACTIVE', 'CONNECTION_LOST', 'SIGN_IN_EXPIRED', connected_at - interval '2 years',
           now() - days * interval '1 day', now() - days * interval '1 day',
           now() - (days - 0.5) * interval '1 day', 'DATA'
    FROM (SELECT vehicle_id, make_id, connected_at, 1 + (hashtext(vehicle_id || number) & 1023) %% 729 AS days
          FROM vehicles_vehicle CROSS JOIN generate_series(1, 3) number
          WHERE number > 1 OR stale_since IS NULL) AS past
    """,
    """
    INSERT INTO reconnects_reconnect (vehicle_id, state, origin, wants_email, url, failure, failure_detail, tries,
        checks_done, reminders_sent, created_at, emailed_at, emailed_to, opened_at, redirected_at, came_back_at,
        came_back_with, reconnected_at, ended_at)
    SELECT vehicle_id, CASE WHEN n %% 2 = 0 THEN 'RECONNECTED' ELSE 'EXPIRED' END,
        CASE n %% 3 WHEN 0 THEN 'OWNER' WHEN 1 THEN 'EMAIL' ELSE 'STAFF' END, n %% 3 = 1, '', '', '', 0, 0, n %% 2,
        asked, CASE WHEN n %% 3 = 1 THEN asked END, '', CASE WHEN n %% 5 > 0 THEN asked END,
        CASE WHEN n %% 5 > 1 THEN asked END, CASE WHEN n %% 5 > 2 THEN asked END,
        CASE WHEN n %% 5 > 2 THEN 'DONE' ELSE '' END,
        CASE WHEN n %% 2 = 0 THEN asked + (n %% 400) * interval '1 hour' END, asked + interval '20 days'
    FROM (SELECT vehicle_id, right(vehicle_id, 9)::int AS n,
                 now() - (1 + (hashtext(vehicle_id) & 1023) %% 729) * interval '1 day' AS asked
          FROM vehicles_vehicle) AS asking
    """,
    """
    INSERT INTO insights_dailycount (day, subject, key, count)
    SELECT current_date - day, subject, '', 1000 + day
    FROM generate_series(1, 700) day, unnest(ARRAY['CARS', 'CONNECTED', 'STALE']) subject
    """,
]


def prepare(*, count: int) -> str:
    """Fills the database, has all counted, and returns the key of a session of staff who may do everything."""
    session = admin_data.prepare(count=count)
    with connection.cursor() as cursor:
        for statement in FILL:
            cursor.execute(statement, {})
        cursor.execute("VACUUM ANALYZE")
    count_now(now=timezone.now())
    return session


def seconds_to_count(*, times: int = 2) -> float:
    """The quickest of a few countings."""
    measured = []
    for _ in range(times):
        started = time.perf_counter()
        count_now(now=timezone.now())
        measured.append(time.perf_counter() - started)
    return min(measured)


def count_queries(*, paths: list[str]) -> list[int]:
    return admin_data.count_queries(paths=paths)
