"""Owners by the million with addresses and names, made by PostgreSQL itself."""

from django.contrib.auth.hashers import make_password
from django.db import connection
from django.test import Client

from onboarding_portal.accounts.models import User
from tests.benchmarks.admin_data import STAFF_BACKEND, count_queries

__all__ = ["count_queries", "prepare"]

FILL = """
    INSERT INTO accounts_user (password, is_superuser, email, name, ev_energy_user_id, is_staff, is_active,
                               is_self_registered, wants_reminders, time_zone, joined_at, session_nonce,
                               ev_energy_client_id)
    SELECT '!', false, substr(md5(n::text), 1, 12) || lpad(n::text, 7, '0') || '@fleet.example',
           'Name ' || substr(md5((n + 1)::text), 1, 9), 'user' || lpad(n::text, 26, '0'),
           false, true, false, true, '', now() - n * interval '1 second', gen_random_uuid(), ''
    FROM generate_series(1, %(count)s) n
"""


def prepare(*, count: int) -> str:
    """Fills the database and returns the key of a session of staff who may do everything."""
    with connection.cursor() as cursor:
        cursor.execute(FILL, {"count": count})
        cursor.execute("VACUUM ANALYZE")
    staff = User.objects.create(
        email="staff@example.com", password=make_password(None), is_staff=True, is_superuser=True
    )
    client = Client()
    client.force_login(staff, backend=STAFF_BACKEND)
    return str(client.session.session_key)
