"""Staff's lists with 100,000 vehicles and 100,000 reconnects: every query of every filter and search on indexes."""

import json
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from onboarding_portal.reconnects.models import Batch, Reconnect
from onboarding_portal.vehicles.models import Vehicle
from tests.factories import make_make
from tests.reconnects.office import LOOK, make_batch, staff_with

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]

VEHICLES = reverse("admin:vehicles_vehicle_changelist")
RECONNECTS = reverse("admin:reconnects_reconnect_changelist")
BATCHES = reverse("admin:reconnects_batch_changelist")
BIG_TABLES = {Vehicle._meta.db_table, Reconnect._meta.db_table}
ROWS = 100_000
CARS_OF_EACH = 5
MOST_QUERIES = 12

# One in ten is disconnected, one in twenty-five silent, as after a bad week.
FILL = """
INSERT INTO accounts_user (email, password, is_superuser, is_staff, is_active, is_self_registered, wants_reminders,
                           time_zone, joined_at, session_nonce, ev_energy_client_id)
    SELECT 'driver' || n || '@example.com', '!', false, false, true, false, true, '', now(), gen_random_uuid(), ''
    FROM generate_series(1, %(rows)s / %(cars)s) n;
INSERT INTO vehicles_vehicle (vehicle_id, owner_id, make_id, description, nickname, integration, is_disabled,
                              last_status_at, stale_since, stale_reason, cause, cause_detail, controller, staff_notes,
                              connected_at, read_at, removed_at)
    SELECT 'vhcl' || lpad(n::text, 26, '0'), o.id, %(make)s, '', '',
           CASE WHEN n %% 10 = 0 THEN 'INACTIVE' WHEN n %% 100 = 7 THEN 'UNINTEGRATED' ELSE 'ACTIVE' END, false,
           CASE WHEN n %% 100 = 8 THEN NULL ELSE now() - (n %% 400) * interval '6 hours' END,
           CASE WHEN n %% 10 = 0 OR n %% 25 = 3 THEN now() - interval '1 day' END,
           CASE WHEN n %% 10 = 0 THEN 'CONNECTION_LOST' WHEN n %% 25 = 3 THEN 'SILENT' ELSE '' END,
           CASE WHEN n %% 10 = 0 THEN 'SIGN_IN_EXPIRED' ELSE '' END,
           '', '', '', now(), now(), CASE WHEN n %% 1000 = 9 THEN now() END
    FROM (SELECT id, row_number() OVER (ORDER BY id) n FROM accounts_user, generate_series(1, %(cars)s)
          WHERE email LIKE 'driver%%') o;
INSERT INTO reconnects_reconnect (vehicle_id, state, origin, wants_email, batch_id, url, failure, failure_detail,
                                  tries, checks_done, reminders_sent, created_at, came_back_with, emailed_to)
    SELECT 'vhcl' || lpad(n::text, 26, '0'),
           CASE n %% 10 WHEN 0 THEN 'QUEUED' WHEN 1 THEN 'FAILED' WHEN 2 THEN 'EXPIRED' ELSE 'RECONNECTED' END,
           CASE n %% 3 WHEN 0 THEN 'OWNER' WHEN 1 THEN 'STAFF' ELSE 'EMAIL' END, false,
           CASE WHEN n %% 20 = 1 THEN %(batch)s END, '',
           CASE WHEN n %% 50 = 1 THEN 'NOT_FOUND' WHEN n %% 10 = 1 THEN 'UNAVAILABLE' ELSE '' END, '',
           0, 0, 0, now() - (%(rows)s - n) * interval '5 minutes', '', ''
    FROM generate_series(1, %(rows)s) n;
INSERT INTO readiness_readiness (vehicle_id, kept_for, blocker, latest_smart, smart_wh_by_start, smart_wh)
    SELECT vehicle_id, owner_id, '', '{}', '{}', (right(vehicle_id, 6)::int * 7919) %% 300000 FROM vehicles_vehicle
    WHERE right(vehicle_id, 2) <> '50';
"""


@pytest.fixture
def full(transactional_db: None) -> Batch:
    """A portal in its third year, its tables vacuumed as autovacuum leaves them."""
    batch = make_batch()
    make = make_make("Volvo")
    with connection.cursor() as cursor:
        # Foreign keys are right by construction; checking them would take longer than all the rest.
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(FILL, {"rows": ROWS, "cars": CARS_OF_EACH, "make": make.pk, "batch": batch.pk})
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute(
            "VACUUM (ANALYZE) accounts_user, vehicles_vehicle, vehicles_byhand, reconnects_reconnect,"
            " readiness_readiness"
        )
    return batch


def queries_of(client: Client, address: str) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        answer = client.get(address)
    assert answer.status_code == 200
    return [query["sql"] for query in captured.captured_queries]


def scanned(plan: dict[str, Any]) -> set[str]:
    """The tables that the plan, or a part of it, reads from one end to the other."""
    found = {plan["Relation Name"]} if plan["Node Type"] == "Seq Scan" else set()
    return found.union(*(scanned(part) for part in plan.get("Plans", [])))


def slow_queries(queries: list[str]) -> list[str]:
    with connection.cursor() as cursor:
        slow = []
        for sql in queries:
            if not any(f'FROM "{table}' in sql or f'JOIN "{table}' in sql for table in BIG_TABLES):
                continue
            cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}")
            (plan,) = cursor.fetchone()
            plan = plan if isinstance(plan, list) else json.loads(plan)
            if scanned(plan[0]["Plan"]) & BIG_TABLES:
                slow.append(sql)
    return slow


def filters_of(client: Client, address: str) -> list[str]:
    """Every choice that the list itself offers."""
    page = client.get(address).content.decode()
    sidebar = page.partition('id="changelist-filter"')[2]
    links = re.findall(r'<a href="(\?[^"]+)"', sidebar)
    return [link.replace("&amp;", "&") for link in links]


def orders_of(client: Client, address: str) -> list[str]:
    """Every order that the list's own heads offer, from both ends."""
    page = client.get(address).content.decode()
    links = re.findall(r'<div class="text"><a href="\?([^"]+)"', page)
    numbers = {link.replace("&amp;", "&").rpartition("o=")[2].partition("&")[0].lstrip("-") for link in links}
    return [f"&o={sign}{number}" for number in sorted(numbers) for sign in ("", "-")]


def test_every_list_filter_and_search_runs_on_indexes(full: Batch) -> None:
    client = staff_with(*LOOK)
    vehicle_id = f"vhcl{4711:026d}"
    searches = [f"?q={vehicle_id}", "?q=driver4711%40", "?q=driver4711"]
    addresses = [BATCHES, reverse("admin:reconnects_batch_change", args=[full.pk])]
    addresses += [f"{addresses[-1]}?state=FAILED&p=3"]
    for page in (VEHICLES, RECONNECTS):
        filters = filters_of(client, page)
        assert len(filters) > 10
        addresses += [page, *(f"{page}{query}" for query in [*filters, *searches, "?p=50"])]

    stale = f"{VEHICLES}?stale=yes"
    orders = orders_of(client, stale)
    assert len(orders) >= 6
    addresses += [f"{stale}{order}" for order in orders]

    slow = {}
    for address in addresses:
        queries = queries_of(client, address)
        assert len(queries) <= MOST_QUERIES, address
        if found := slow_queries(queries):
            slow[address] = found

    assert not slow
