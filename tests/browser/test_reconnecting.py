from collections.abc import Callable

import pytest
import requests
from django.core import mail
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from onboarding_portal.accounts.models import User
from onboarding_portal.reconnects.background.tasks import sweep_reconnects
from onboarding_portal.reconnects.models import BatchKind, Reconnect, State
from onboarding_portal.reconnects.staff.batches import create_batch
from onboarding_portal.vehicles.models import Integration, Vehicle
from tests.browser.conftest import Sandbox, Visitor
from tests.browser.journeys import sign_in
from tests.factories import make_id, make_make, make_model, make_owner, make_staff, make_stale_vehicle
from tests.tasks import run_tasks

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def owner() -> User:
    return make_owner(email=f"{make_id('clara')}@example.com".lower(), ev_energy_user_id=None)


@pytest.fixture
def vehicle(portal: LiveServer, sandbox: Sandbox, owner: User) -> Vehicle:
    """A car whose sign-in has lapsed, here and at the sandbox."""
    body = {"email": owner.email, "state": "INACTIVE", "count": 1, "hours": 72}
    added = requests.post(f"{sandbox.origin}/_sandbox/vehicles", json=body, timeout=5).json()
    owner.link_to_ev_energy(ev_energy_user_id=added["user_id"])
    model = make_model("EX30", make=make_make("Volvo"))
    (vehicle_id,) = added["vehicle_ids"]
    return make_stale_vehicle(owner=owner, model=model, vehicle_id=vehicle_id)


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
def page(request: pytest.FixtureRequest, visitor: Callable[..., Visitor]) -> Page:
    return visitor(java_script_enabled=request.param).page


def sign_in_with_the_manufacturer(page: Page, sandbox: Sandbox) -> None:
    assert page.url.startswith(sandbox.origin)
    page.locator("#continue").click()
    page.locator("#sign_in").click()
    expect(page.get_by_role("heading", name="Reconnected")).to_be_visible()


def let_data_arrive(vehicle: Vehicle) -> None:
    """The first look after the owner left is due, and a worker takes it."""
    Reconnect.objects.filter(vehicle=vehicle).update(next_work_at=timezone.now())
    for _ in range(2):  # the second time for the mail that tells the owner
        sweep_reconnects()
        run_tasks()


def test_owner_reconnects_from_the_cars_page(
    page: Page, portal: LiveServer, sandbox: Sandbox, owner: User, vehicle: Vehicle
) -> None:
    sandbox.behave(first_sample_after_seconds=0)
    sign_in(page, portal.url, email=owner.email)
    page.goto(f"{portal.url}/vehicles/{vehicle.pk}/")

    page.get_by_role("button", name="Reconnect your Volvo").click()
    sign_in_with_the_manufacturer(page, sandbox)
    page.goto(f"{portal.url}/vehicles/{vehicle.pk}/")
    expect(page.get_by_text("We sent you to Volvo")).to_be_visible()
    let_data_arrive(vehicle)
    page.reload()

    expect(page.get_by_text("Working")).to_be_visible()
    vehicle.refresh_from_db()
    assert (vehicle.integration, vehicle.stale_since) == (Integration.ACTIVE, None)
    assert Reconnect.objects.get().state == State.RECONNECTED
    assert Vehicle.objects.count() == 1
    told = mail.outbox[-1]
    assert "connected again" in told.subject
    assert told.to == [owner.email]


def test_owner_reconnects_from_the_mail_on_another_device_without_signing_in(
    page: Page, portal: LiveServer, sandbox: Sandbox, owner: User, vehicle: Vehicle
) -> None:
    sandbox.behave(first_sample_after_seconds=0)
    create_batch(vehicles=Vehicle.objects.all(), kind=BatchKind.EMAILS, by=make_staff(), now=timezone.now())
    run_tasks()
    (message,) = mail.outbox
    link = next(word for word in str(message.body).split() if "/reconnect/" in word)

    page.goto(link)
    expect(page.get_by_role("heading", name="Reconnect your Volvo EX30")).to_be_visible()
    page.get_by_role("button", name="Go on to Volvo").click()
    sign_in_with_the_manufacturer(page, sandbox)
    let_data_arrive(vehicle)
    page.goto(link)

    expect(page.get_by_role("heading", name="Your car is already connected")).to_be_visible()
    vehicle.refresh_from_db()
    assert vehicle.stale_since is None
    assert Reconnect.objects.get().state == State.RECONNECTED


def test_a_scanner_that_opens_every_link_of_a_mail_changes_nothing_and_spends_no_request(
    portal: LiveServer, sandbox: Sandbox, vehicle: Vehicle
) -> None:
    create_batch(vehicles=Vehicle.objects.all(), kind=BatchKind.EMAILS, by=make_staff(), now=timezone.now())
    run_tasks()
    (message,) = mail.outbox
    before = Reconnect.objects.values().get()
    requests.delete(f"{sandbox.origin}/_sandbox/statistics", timeout=5)

    links = [word for word in str(message.body).split() if word.startswith("http")]
    for link in links * 10:
        assert requests.get(link, timeout=5).status_code == 200

    assert links
    assert Reconnect.objects.values().get() == before
    statistics = requests.get(f"{sandbox.origin}/_sandbox/statistics", timeout=5).json()
    assert statistics["requests"] == {}
