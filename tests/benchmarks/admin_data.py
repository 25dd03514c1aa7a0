"""Vehicles by the million, made by PostgreSQL itself, and the counting of queries."""

from django.contrib.auth.hashers import make_password
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from onboarding_portal.accounts.models import User

STAFF_BACKEND = "django.contrib.auth.backends.ModelBackend"
FILL = [
    """
    INSERT INTO catalogue_make (make_id, name, onboardable, search_words, icon_url, subscription_name)
    SELECT 'vmak' || lpad(n::text, 26, '0'), 'Make ' || n, true, 'make', '', '' FROM generate_series(1, 40) n
    """,
    """
    INSERT INTO catalogue_model (model_id, make_id, name, onboardable, search_words)
    SELECT 'vmod' || lpad(n::text, 26, '0'), 'vmak' || lpad((1 + n % 40)::text, 26, '0'), 'Model ' || n, true, 'model'
    FROM generate_series(1, 300) n
    """,
    """
    INSERT INTO accounts_user (password, is_superuser, email, ev_energy_user_id, is_staff, is_active,
                               is_self_registered, wants_reminders, time_zone, joined_at, session_nonce,
                               ev_energy_client_id)
    SELECT '!', false, 'owner' || lpad(n::text, 7, '0') || '@fleet.example', 'user' || lpad(n::text, 26, '0'),
           false, true, false, true, '', now() - n * interval '1 second', gen_random_uuid(), ''
    FROM generate_series(1, %(count)s * 4 / 5) n
    """,
    """
    INSERT INTO vehicles_vehicle (vehicle_id, owner_id, make_id, model_id, description, nickname, integration,
        is_disabled, last_status_at, stale_since, stale_reason, cause, cause_detail, controller, staff_notes,
        connected_at, read_at, removed_at)
    SELECT 'vhcl' || lpad(n::text, 26, '0'), owner.id,
        model.make_id, model.model_id, '', '',
        CASE WHEN n %% 16 = 0 THEN 'INACTIVE' WHEN n %% 25 = 1 THEN 'UNINTEGRATED' ELSE 'ACTIVE' END, false,
        CASE WHEN n %% 50 = 3 THEN NULL ELSE now() - (n %% 997) * interval '3 hours' END,
        CASE WHEN n %% 16 < 2 THEN now() END,
        CASE WHEN n %% 16 = 0 THEN 'CONNECTION_LOST' WHEN n %% 32 = 1 THEN 'SILENT' WHEN n %% 32 = 17
             THEN 'MARKED_BY_STAFF' ELSE '' END,
        CASE WHEN n %% 32 = 0 THEN 'SIGN_IN_EXPIRED' WHEN n %% 32 = 16 THEN 'PROVIDER_DOWN' ELSE '' END,
        '', '', '', now() - n * interval '1 second', now(), CASE WHEN n %% 40 = 5 THEN now() END
    FROM generate_series(1, %(count)s) n
    JOIN accounts_user owner
        ON owner.ev_energy_user_id = 'user' || lpad((1 + n::bigint * 7919 %% (%(count)s * 4 / 5))::text, 26, '0')
    JOIN catalogue_model model ON model.model_id = 'vmod' || lpad((1 + n %% 300)::text, 26, '0')
    """,
]


def prepare(*, count: int) -> str:
    """Fills the database and returns the key of a session of staff who may do everything."""
    with connection.cursor() as cursor:
        for statement in FILL:
            cursor.execute(statement, {"count": count} if "%(" in statement else None)
        cursor.execute("VACUUM ANALYZE")
    staff = User.objects.create(
        email="staff@example.com", password=make_password(None), is_staff=True, is_superuser=True
    )
    client = Client()
    client.force_login(staff, backend=STAFF_BACKEND)
    return str(client.session.session_key)


def count_queries(*, paths: list[str]) -> list[int]:
    """How many queries each page takes, the content types known already."""
    client = Client()
    client.force_login(User.objects.get(is_staff=True), backend=STAFF_BACKEND)
    counts = []
    for path in [paths[0], *paths]:
        with CaptureQueriesContext(connection) as queries:
            response = client.get(path, headers={"host": "127.0.0.1"})
        assert response.status_code == 200, (path, response.status_code)
        counts.append(len(queries))
    return counts[1:]
