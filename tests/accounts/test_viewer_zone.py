"""Times are the viewer's own: the browser's zone on pages, the owner's in e-mails; another zone is named."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine
from django.contrib.auth.signals import user_logged_in
from django.core import mail
from django.test import Client, RequestFactory
from django.utils import timezone, translation
from pytest_django import Settings

from onboarding_portal.accounts.models import User
from onboarding_portal.accounts.sessions import SessionStore
from onboarding_portal.accounts.viewer_zone import zone_named
from onboarding_portal.reconnects.background.lanes import Lane, run_slice
from onboarding_portal.reconnects.models import State
from onboarding_portal.vehicles.cards import day_and_time
from onboarding_portal.vehicles.models import Integration, Vehicle
from tests.factories import NOW, make_owner, make_staff, make_vehicle
from tests.reconnects.rows import make_reconnect

pytestmark = pytest.mark.django_db

BACKEND = "django.contrib.auth.backends.ModelBackend"
SENT_AT = datetime(2026, 3, 13, 23, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _it_is_now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def owners_client(client: Client) -> Client:
    owner = make_owner()
    make_vehicle(owner=owner, last_status_at=SENT_AT)
    client.force_login(owner, backend=BACKEND)
    return client


@pytest.mark.parametrize(
    ("cookie", "told", "is_named"),
    [
        ("Europe/Berlin", "today at 00:30", False),
        ("America/New_York", "yesterday at 19:30", False),
        ("Asia/Kolkata", "today at 05:00", False),
        ("Asia/Calcutta", "today at 05:00", False),  # as some browsers still call it
        ("Etc/GMT-3", "today at 02:30", False),
        ("UTC", "yesterday at 23:30", False),
        ("", "yesterday at 23:30", True),
        ("Mars/Olympus", "yesterday at 23:30", True),
        ("../../etc/passwd", "yesterday at 23:30", True),
        ("localtime", "yesterday at 23:30", True),
        ("x" * 5000, "yesterday at 23:30", True),
    ],
)
def test_pages_tell_times_in_the_browsers_zone(
    owners_client: Client, cookie: str, told: str, *, is_named: bool
) -> None:
    owners_client.cookies["time_zone"] = cookie

    page = owners_client.get("/vehicles/").content.decode()

    assert told in page
    assert ("Times are told in the zone UTC." in page) is is_named
    assert timezone.get_current_timezone_name() == "UTC", "the next request is somebody else's"


def test_staffs_lists_are_told_in_the_same_way(client: Client) -> None:
    vehicle = make_vehicle(last_status_at=SENT_AT)
    client.force_login(make_staff(is_superuser=True), backend=BACKEND)
    address = f"/admin/vehicles/vehicle/{vehicle.pk}/change/"

    plain = client.get(address).content.decode()
    client.cookies["time_zone"] = "Europe/Berlin"
    theirs = client.get(address).content.decode()

    assert "13 March 2026, 23:30" in plain
    assert "Times are told in the zone UTC." in plain
    assert "14 March 2026, 00:30" in theirs
    assert "Times are told" not in theirs


def test_zone_that_staff_chose_goes_before_the_browsers(client: Client) -> None:
    vehicle = make_vehicle(last_status_at=SENT_AT)
    client.force_login(make_staff(is_superuser=True), backend=BACKEND)
    client.cookies["time_zone"] = "Europe/Berlin"

    client.post("/admin/vehicles/vehicle/time-zone/", {"zone": "Asia/Tokyo"})

    page = client.get(f"/admin/vehicles/vehicle/{vehicle.pk}/change/").content.decode()
    assert "14 March 2026, 08:30" in page


@pytest.mark.parametrize("page", ["/accounts/login/", "/admin/login/"])
def test_the_first_page_anybody_sees_has_the_script_that_tells_the_zone(client: Client, page: str) -> None:
    assert '<script src="/static/portal.js" defer></script>' in client.get(page).content.decode()


@pytest.mark.parametrize(
    ("before", "cookie", "after"),
    [
        ("", "Europe/Berlin", "Europe/Berlin"),
        ("Europe/Berlin", "Asia/Tokyo", "Asia/Tokyo"),
        ("Europe/Berlin", "", "Europe/Berlin"),
        ("Europe/Berlin", "Mars/Olympus", "Europe/Berlin"),
    ],
)
def test_signing_in_keeps_the_zone_for_emails(before: str, cookie: str, after: str) -> None:
    owner = make_owner(time_zone=before)
    request = RequestFactory().get("/")
    request.COOKIES["time_zone"] = cookie
    request.session = SessionStore()

    user_logged_in.send(sender=User, request=request, user=owner)

    assert User.objects.get().time_zone == after


@pytest.mark.parametrize(
    ("zone", "told"),
    [
        ("Europe/Berlin", "data came in on 14 March 2026, 00:30."),
        ("America/New_York", "data came in on 13 March 2026, 19:30."),
        ("", "data came in on 13 March 2026, 22:30 (Atlantic/Azores)."),
        ("Gone/Away", "data came in on 13 March 2026, 22:30 (Atlantic/Azores)."),
    ],
)
def test_emails_tell_times_in_the_owners_zone_else_the_portals(
    settings: Settings, zone: str, told: str
) -> None:
    settings.TIME_ZONE = "Atlantic/Azores"
    reconnect = make_reconnect(State.RECONNECTED)
    User.objects.update(time_zone=zone)
    Vehicle.objects.update(
        integration=Integration.ACTIVE, last_status_at=SENT_AT, stale_since=None, stale_reason=""
    )

    run_slice(Lane.MAILS)

    (message,) = mail.outbox
    assert told in message.body
    assert told in str(message.alternatives[0][0])
    reconnect.refresh_from_db()
    assert reconnect.told_at == NOW


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "3 March at 14:02"),
        ("de", "3. März um 14:02"),
        ("fr", "3 mars à 14:02"),
        ("ja", "3月3日 at 14:02"),
    ],
)
def test_dates_are_written_as_the_language_has_it(language: str, words: str) -> None:
    with translation.override(language):
        assert words in day_and_time(datetime(2026, 3, 3, 14, 2, tzinfo=UTC), now=NOW)


@pytest.mark.parametrize("name", [None, 7, "", "localtime", "posixrules", "\x00", "Factory", "europe/berlin"])
def test_what_is_no_zone(name: object) -> None:
    assert zone_named(name) is None
