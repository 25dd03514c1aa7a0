"""Who may read /metrics, and what stands there."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from pytest_django import DjangoAssertNumQueries, Settings

from onboarding_portal.accounts.mail import MailNotSent, send_mail
from onboarding_portal.ev_energy.client import get_client
from onboarding_portal.ev_energy.errors import EvEnergyError
from onboarding_portal.operations.clock.schedule import Job, perform
from onboarding_portal.operations.metrics import state
from onboarding_portal.reconnects.models import State
from onboarding_portal.vehicles.models import SyncRun, SyncState
from onboarding_portal.vehicles.tasks import enqueue_due_work
from tests.ev_energy_api import EvEnergyApi
from tests.factories import make_attempt, make_owner
from tests.operations.metrics.reading import BEARER, TOKEN, scrape
from tests.reconnects.rows import make_broken_car, make_reconnect

pytestmark = pytest.mark.django_db

MOST_QUERIES = 17


def test_without_a_token_in_the_settings_there_is_no_such_page(client: Client, settings: Settings) -> None:
    settings.METRICS_TOKEN = ""

    for headers in ({}, BEARER, {"Authorization": "Bearer "}):
        assert client.get("/metrics", headers=headers).status_code == 404


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer ",
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN[:-1]}",
        f"Basic {TOKEN}",
        TOKEN,
        "Bearer ä\x80",
    ],
)
def test_whoever_does_not_bring_the_token_is_refused(client: Client, authorization: str) -> None:
    response = client.get("/metrics", headers={"Authorization": authorization} if authorization else {})

    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Bearer"
    assert b"portal_" not in response.content


def test_prometheus_is_answered_by_any_host_name_and_without_https(
    client: Client, settings: Settings
) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.ALLOWED_HOSTS = ["portal.example"]

    response = client.get("/metrics", headers={**BEARER, "host": "10.1.2.3:8000"})

    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/plain; version=0.0.4")
    assert response["Cache-Control"] == "no-store"


def test_requests_are_counted_by_page_method_and_status(client: Client) -> None:
    before = scrape()
    client.get("/")
    client.get("/admin/login/")
    client.get("/no-such-page/of-ann@example.com/")
    client.get("/invite/a-secret-token/")
    after = scrape()

    for page, status in {"home": "200", "admin": "200", "-": "404", "invitation": "404"}.items():
        name = ("portal_requests_total", frozenset({"page": page, "method": "GET", "status": status}.items()))
        assert after[name] - before[name] >= 1
    seconds = ("portal_request_seconds_count", frozenset({("audience", "staff")}))
    assert after[seconds] - before[seconds] == 1


@pytest.mark.django_db
def test_mails_are_counted_by_what_the_server_said(settings: Settings) -> None:
    before = scrape()
    send_mail(template="accounts/email/invitation", to="ann@example.com", context={})
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    with pytest.raises(MailNotSent):
        send_mail(template="accounts/email/invitation", to="ann@example.com", context={})
    after = scrape()

    assert len(mail.outbox) == 1
    for outcome in ("accepted", "refused"):
        name = ("portal_mails_total", frozenset({("outcome", outcome)}))
        assert after[name] - before[name] == 1


def test_calls_to_ev_energy_are_counted_by_operation_and_outcome(ev_energy_api: EvEnergyApi) -> None:
    before = scrape()
    ev_energy_api.add_problem("GET", "/vehicles/vhcl01J443798BF893ZHFQVCS0FA23", 404)
    with pytest.raises(EvEnergyError):
        get_client().get_vehicle(vehicle_id="vhcl01J443798BF893ZHFQVCS0FA23")
    after = scrape()

    failed = (
        "portal_ev_energy_calls_total",
        frozenset({("operation", "get_vehicle"), ("outcome", "NotFound")}),
    )
    assert after[failed] - before[failed] == 1


@pytest.mark.django_db(transaction=True)
def test_jobs_of_the_clock_are_counted() -> None:
    job = Job(
        name="sweep_x", every=timedelta(minutes=1), run="onboarding_portal.vehicles.tasks.enqueue_due_work"
    )

    perform(job)

    read = scrape()
    assert read.value("portal_jobs_total", job="sweep_x", outcome="done") == 1
    assert read.value("portal_job_done_timestamp_seconds", job="sweep_x") > 0
    assert read.value("portal_job_failed_in_a_row", job="sweep_x") == 0


def test_how_things_stand_is_read_from_the_database() -> None:
    now = timezone.now()
    owner = make_owner()
    make_attempt(owner=owner, started_at=now)
    make_reconnect(vehicle=make_broken_car(owner=owner), state=State.QUEUED)
    SyncRun.objects.create(
        state=SyncState.COMPLETE,
        started_at=now - timedelta(minutes=9),
        progressed_at=now,
        finished_at=now - timedelta(minutes=7),
        lease_id="0b9c2a86-4a7e-4a52-9d0e-5b8f6b1d2c3e",
        lease_expires_at=now,
    )

    read = scrape()

    assert read.value("portal_attempts", state="STARTED") == 1
    assert read.value("portal_reconnects", state="QUEUED") == 1
    assert read.value("portal_stale_vehicles") == 1
    assert read.value("portal_sync_completed_timestamp_seconds") == pytest.approx(
        now.timestamp() - 420, abs=1
    )
    assert read.value("portal_budget_limit") == 1000
    left = [read.value("portal_budget_left", rank=rank) for rank in ("owner", "staff", "bulk")]
    assert left == [1000, 800, 720]
    assert read.value("portal_processes", kind="web") == 1
    assert {read.value("portal_readable", source=source) for source in state.SOURCES} == {1.0}


def test_age_of_the_queue_is_that_of_the_task_that_waits_longest() -> None:
    assert scrape().value("portal_queue_age_seconds") == 0
    make_broken_car()
    enqueue_due_work()
    DBTaskResult.objects.update(enqueued_at=timezone.now() - timedelta(minutes=5))

    read = scrape()

    assert read.value("portal_queue_due") >= 1
    assert read.value("portal_queue_age_seconds") == pytest.approx(300, abs=5)


def test_number_of_queries_does_not_follow_the_number_of_rows(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    scrape()
    with CaptureQueriesContext(connection) as few:
        scrape()
    owner = make_owner()
    for _ in range(5):
        make_attempt(owner=owner)
        make_reconnect(vehicle=make_broken_car(owner=owner), state=State.QUEUED)

    with django_assert_max_num_queries(MOST_QUERIES), CaptureQueriesContext(connection) as many:
        scrape()

    assert len(many) == len(few)


@pytest.mark.usefixtures("unreachable_database")
def test_database_away_is_told_and_nothing_is_made_up(client: Client) -> None:
    read = scrape(client)

    assert read.value("portal_readable", source="processes") == 0
    assert not [name for name, _ in read if name.startswith("portal_requests")]


def test_nothing_of_an_owner_stands_in_a_label(client: Client) -> None:
    owner = make_owner(email="ann@example.com")
    car = make_broken_car(owner=owner)
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    for path in (f"/vehicles/{car.pk}/", "/reconnect/some-token/", "/connect/?q=ann@example.com"):
        client.get(path)

    text = Client().get("/metrics", headers=BEARER).content.decode()

    for secret in ("ann", car.pk, "some-token", TOKEN):
        assert not re.search(rf'="[^"]*{re.escape(secret)}', text)
