"""A company's site hands owners over in a browser, and gets them back with what the API says, too."""

from collections.abc import Callable, Iterator

import pytest
import requests
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from onboarding_portal.api.models import HandOver
from onboarding_portal.catalogue.models import Make
from onboarding_portal.catalogue.sync import sync_catalogue
from onboarding_portal.ev_energy.client import get_client
from onboarding_portal.reconnects.models import State
from onboarding_portal.vehicles.models import Vehicle
from tests.api.rows import make_key
from tests.browser.company_site import CompanySite, company_site
from tests.browser.conftest import Sandbox, Visitor, running_sandbox
from tests.browser.journeys import approve, fits_the_screen, give_up, leave_for_the_manufacturer
from tests.factories import make_id, make_make, make_model, make_owner, make_stale_vehicle

pytestmark = pytest.mark.django_db(transaction=True)

with_and_without_javascript = pytest.mark.parametrize(
    "page", [True, False], ids=["with JavaScript", "without JavaScript"], indirect=True
)


@pytest.fixture(scope="module")
def sandbox_process(live_server: LiveServer) -> Iterator[Sandbox]:
    """A sandbox that sends owners back from a reconnect to where this portal receives them."""
    with running_sandbox("--redirect-url", f"{live_server.url}/return/") as sandbox:
        yield sandbox


@pytest.fixture
def email() -> str:
    return f"{make_id('carla')}@example.com"


@pytest.fixture
def site(portal: LiveServer, email: str) -> Iterator[CompanySite]:
    with company_site(portal.url) as running:
        _key, running.secret = make_key(origins=[running.origin])
        running.asks = {"email": email, "journey": "connect", "reference": "customer 4711"}
        yield running


@pytest.fixture
def page(request: pytest.FixtureRequest, visitor: Callable[..., Visitor]) -> Page:
    return visitor(java_script_enabled=getattr(request, "param", True)).page


def press_the_button(page: Page, site: CompanySite) -> None:
    page.goto(site.origin)
    page.get_by_role("link", name="Connect your car").click()
    assert fits_the_screen(page)
    page.get_by_role("button", name="Go on").click()


def is_back(page: Page, site: CompanySite, outcome: str) -> None:
    expect(page.get_by_role("heading", name=f'Back: "{outcome}"')).to_be_visible()
    assert site.claimed[-1]["outcome"] == site.told[-1]["outcome"] == outcome
    assert site.told[-1]["reference"] == "customer 4711"


@pytest.fixture
def make(portal: LiveServer) -> Make:
    sync_catalogue(client=get_client(), now=timezone.now())
    return Make.objects.filter(onboardable=True).earliest("name")


@with_and_without_javascript
def test_owner_connects_a_car_and_is_back(
    page: Page, site: CompanySite, sandbox: Sandbox, make: Make, email: str
) -> None:
    site.asks["make_id"] = make.pk
    press_the_button(page, site)
    leave_for_the_manufacturer(page)
    assert page.url.startswith(sandbox.origin)
    approve(page)

    is_back(page, site, "connected")
    assert site.told[-1]["vehicle_ids"] == [Vehicle.objects.get(owner__email=email).pk]
    # Back in the browser's history: the journey is over, and nothing of the owner's is open.
    page.goto(f"{site.portal}/vehicles/")
    assert "/accounts/login/" in page.url


@with_and_without_javascript
def test_owner_gives_up_and_is_back(page: Page, site: CompanySite, make: Make) -> None:
    site.asks["make_id"] = make.pk
    press_the_button(page, site)
    leave_for_the_manufacturer(page)
    give_up(page)

    is_back(page, site, "cancelled")


def test_owner_goes_back_without_having_begun(page: Page, site: CompanySite, make: Make) -> None:
    press_the_button(page, site)
    page.get_by_role("button", name="Back to").click()

    is_back(page, site, "cancelled")


@with_and_without_javascript
def test_owner_reconnects_and_is_back(page: Page, site: CompanySite, sandbox: Sandbox, email: str) -> None:
    owner = make_owner(email=email, ev_energy_user_id=None)
    body = {"email": email, "state": "INACTIVE", "count": 1, "hours": 72}
    added = requests.post(f"{sandbox.origin}/_sandbox/vehicles", json=body, timeout=5).json()
    owner.link_to_ev_energy(ev_energy_user_id=added["user_id"])
    (vehicle_id,) = added["vehicle_ids"]
    make_stale_vehicle(owner=owner, model=make_model("EX30", make=make_make("Volvo")), vehicle_id=vehicle_id)
    site.asks |= {"journey": "reconnect", "vehicle_id": vehicle_id}
    press_the_button(page, site)
    page.get_by_role("button", name="Reconnect your Volvo").click()
    page.locator("#continue").click()
    page.locator("#sign_in").click()

    is_back(page, site, "pending")
    # Data comes later, and the API tells.
    (reconnect,) = HandOver.objects.get().reconnects.all()
    assert reconnect.try_move(State.RECONNECTED, now=timezone.now())
    assert site.session(site.claimed[-1]["session_id"])["outcome"] == "connected"
