"""A company's site hands owners over in a browser, and gets them back with what the API and the events say, too."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
import requests
import time_machine
from django.utils import timezone
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from onboarding_portal.accounts.models import User
from onboarding_portal.api.events.lanes import run_slice
from onboarding_portal.api.hand_over.outcome import settle_due
from onboarding_portal.api.models import HandOver
from onboarding_portal.catalogue.models import Make
from onboarding_portal.catalogue.sync import sync_catalogue
from onboarding_portal.ev_energy.client import get_client
from onboarding_portal.public_http import close_connections
from onboarding_portal.reconnects.models import State
from onboarding_portal.vehicles.models import Vehicle
from tests.api.events.receiver import Receiver, receiving
from tests.api.events.rows import an_endpoint
from tests.api.rows import make_key
from tests.browser.company_site import CompanySite, company_site
from tests.browser.conftest import Sandbox, Visitor, running_sandbox
from tests.browser.journeys import approve, fits_the_screen, give_up, leave_for_the_manufacturer
from tests.factories import make_id, make_make, make_model, make_owner, make_stale_vehicle

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def sandbox_process(live_server: LiveServer) -> Iterator[Sandbox]:
    """A sandbox that sends owners back from a reconnect to where this portal receives them."""
    with running_sandbox("--redirect-url", f"{live_server.url}/return/") as sandbox:
        yield sandbox


@dataclass(kw_only=True)
class Scene:
    """The company's site, its system that takes events, and one browser; each hand-over is another owner's."""

    page: Page
    site: CompanySite
    sandbox: Sandbox
    make: Make
    receiver: Receiver
    owners: list[User] = field(default_factory=list)

    def hand_over(self, **asks: Any) -> None:
        """The next press of the site's button hands over an owner nobody has seen before."""
        self.owners.append(make_owner(email=f"{make_id('carla')}@example.com", ev_energy_user_id=None))
        reference = f"customer {len(self.owners)}"
        self.site.asks = {"email": self.owners[-1].email, "reference": reference, **asks}

    def connect(self) -> None:
        """As far as the manufacturer's sign-in."""
        self.hand_over(journey="connect", make_id=self.make.pk)
        self.press_the_button()
        leave_for_the_manufacturer(self.page)
        assert self.page.url.startswith(self.sandbox.origin)

    def reconnect(self) -> None:
        """As far as ev.energy's page, for a car that is broken there, too."""
        self.hand_over_a_broken_car()
        self.press_the_button()
        self.page.get_by_role("button", name="Reconnect your Volvo").click()
        expect(self.page.locator("#continue")).to_be_visible()

    def hand_over_a_broken_car(self) -> None:
        self.hand_over(journey="reconnect")
        owner = self.owners[-1]
        body = {"email": owner.email, "state": "INACTIVE", "count": 1, "hours": 72}
        added = requests.post(f"{self.sandbox.origin}/_sandbox/vehicles", json=body, timeout=5).json()
        owner.link_to_ev_energy(ev_energy_user_id=added["user_id"])
        (vehicle_id,) = added["vehicle_ids"]
        model = make_model("EX30", make=make_make("Volvo"))
        make_stale_vehicle(owner=owner, model=model, vehicle_id=vehicle_id)
        self.site.asks["vehicle_id"] = vehicle_id

    def press_the_button(self) -> None:
        self.page.goto(self.site.origin)
        self.page.get_by_role("link", name="Connect your car").click()
        assert fits_the_screen(self.page)
        self.page.get_by_role("button", name="Go on").click()

    def press_back(self) -> None:
        self.page.get_by_role("button", name="Back to").click()

    def is_back(self, outcome: str) -> None:
        expect(self.page.get_by_role("heading", name=f'Back: "{outcome}"')).to_be_visible()
        assert self.site.claimed[-1]["outcome"] == self.site.told[-1]["outcome"] == outcome
        self.all_agree(outcome)

    def all_agree(self, outcome: str) -> None:
        """What the API says of the last session, and the last event about it, as the receiver got it."""
        session_id = str(HandOver.objects.get(owner=self.owners[-1]).pk)
        said = self.site.session(session_id)
        for is_slow in (False, True, False):
            run_slice(slow=is_slow, seconds=2)
        events = [body for _id, body in self.receiver.got if body["data"].get("session_id") == session_id]
        assert said["outcome"] == outcome
        assert [(event["type"], event["data"]["outcome"]) for event in events][-1:] == [
            (f"session.{outcome}", outcome)
        ]
        assert said["reference"] == events[-1]["data"]["reference"] == f"customer {len(self.owners)}"


@pytest.fixture
def site(portal: LiveServer) -> Iterator[CompanySite]:
    with company_site(portal.url) as running:
        _key, running.secret = make_key(origins=[running.origin])
        yield running


@pytest.fixture
def receiver(settings: Any, portal: LiveServer) -> Iterator[Receiver]:
    with receiving() as running:
        settings.LOCAL_ORIGINS = [running.origin]
        running.secrets = an_endpoint(running.url).secrets(now=timezone.now())
        yield running
    close_connections()


@pytest.fixture
def scene(
    request: pytest.FixtureRequest,
    visitor: Callable[..., Visitor],
    site: CompanySite,
    sandbox: Sandbox,
    receiver: Receiver,
) -> Scene:
    sync_catalogue(client=get_client(), now=timezone.now())
    return Scene(
        page=visitor(java_script_enabled=getattr(request, "param", True)).page,
        site=site,
        sandbox=sandbox,
        make=Make.objects.filter(onboardable=True).earliest("name"),
        receiver=receiver,
    )


def connected(scene: Scene) -> None:
    scene.connect()
    approve(scene.page)
    scene.is_back("connected")
    (car,) = Vehicle.objects.of(scene.owners[-1].pk)
    assert scene.site.told[-1]["vehicle_ids"] == [car.pk]
    # Back in the browser's history: the journey is over, and nothing of the owner's is open.
    scene.page.goto(f"{scene.site.portal}/vehicles/")
    assert "/accounts/login/" in scene.page.url


def cancelled_at_the_manufacturer(scene: Scene) -> None:
    scene.connect()
    give_up(scene.page)
    scene.is_back("cancelled")


def refused_by_ev_energy(scene: Scene) -> None:
    scene.connect()
    scene.sandbox.behave(status={"get-vehicles-vehicle_id": 404})
    approve(scene.page)
    scene.press_back()
    scene.sandbox.behave_normally()
    scene.is_back("refused")


def pending_while_ev_energy_is_away(scene: Scene) -> None:
    scene.connect()
    scene.sandbox.behave(status={"get-vehicles-vehicle_id": 503})
    approve(scene.page)
    scene.is_back("pending")
    scene.sandbox.behave_normally()


def reconnected_and_data_comes_later(scene: Scene) -> None:
    scene.reconnect()
    scene.page.locator("#continue").click()
    scene.page.locator("#sign_in").click()
    scene.is_back("pending")
    (reconnect,) = HandOver.objects.get(owner=scene.owners[-1]).reconnects.all()
    assert reconnect.try_move(State.RECONNECTED, now=timezone.now())
    scene.all_agree("connected")


def reconnect_cancelled_at_the_manufacturer(scene: Scene) -> None:
    scene.reconnect()
    scene.page.locator("#continue").click()
    scene.page.locator("#cancel").click()
    scene.is_back("cancelled")


def reconnect_refused_by_ev_energy(scene: Scene) -> None:
    scene.reconnect()
    scene.page.goto(f"{scene.site.portal}/return/?error=server_error")  # as ev.energy sends the browser
    scene.press_back()
    scene.is_back("refused")


def link_is_not_opened(scene: Scene) -> None:
    scene.hand_over(journey="connect")
    scene.site.hand_over()
    time_passes(scene, timedelta(minutes=31))


def owner_does_not_come_back(scene: Scene) -> None:
    scene.connect()
    time_passes(scene, timedelta(hours=3))


def link_of_a_reconnect_is_not_opened(scene: Scene) -> None:
    scene.hand_over_a_broken_car()
    scene.site.hand_over()
    time_passes(scene, timedelta(minutes=31))


def time_passes(scene: Scene, length: timedelta) -> None:
    with time_machine.travel(timezone.now() + length):
        settle_due()
        scene.all_agree("expired")


WALKS: list[Callable[[Scene], None]] = [
    connected,
    cancelled_at_the_manufacturer,
    refused_by_ev_energy,
    reconnected_and_data_comes_later,
    reconnect_cancelled_at_the_manufacturer,
    reconnect_refused_by_ev_energy,
]
# What a browser with or without JavaScript makes no difference to.
BY_TIME: list[Callable[[Scene], None]] = [
    pending_while_ev_energy_is_away,
    link_is_not_opened,
    link_of_a_reconnect_is_not_opened,
    owner_does_not_come_back,
]


@pytest.mark.parametrize("scene", [True, False], ids=["with JavaScript", "without JavaScript"], indirect=True)
def test_address_api_and_events_agree_whatever_came_of_it(
    scene: Scene, table_cell: Callable[..., None]
) -> None:
    for walk in WALKS:
        table_cell("Handed over in a browser", row=walk.__name__.replace("_", " "), column="agree")
        walk(scene)


def test_address_api_and_events_agree_when_nothing_came_of_it_in_time(
    scene: Scene, table_cell: Callable[..., None]
) -> None:
    for walk in BY_TIME:
        table_cell("Handed over in a browser", row=walk.__name__.replace("_", " "), column="agree")
        walk(scene)


def test_owner_goes_back_without_having_begun(scene: Scene) -> None:
    scene.hand_over(journey="connect")
    scene.press_the_button()
    scene.press_back()
    scene.is_back("cancelled")
