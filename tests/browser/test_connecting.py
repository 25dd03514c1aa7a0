from collections.abc import Callable

import pytest
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from onboarding_portal.accounts.models import User
from onboarding_portal.catalogue.models import Make, Model, Trim
from onboarding_portal.catalogue.sync import sync_catalogue
from onboarding_portal.ev_energy.client import get_client
from onboarding_portal.onboarding.models import Attempt, AttemptState
from onboarding_portal.onboarding.tasks import sweep_attempts
from onboarding_portal.vehicles.models import Vehicle
from tests.browser.conftest import Sandbox, Visitor
from tests.browser.journeys import approve, give_up, leave_for_the_manufacturer, mailed_code, sign_in
from tests.browser.keyboard import press, type_into
from tests.factories import make_id
from tests.tasks import run_tasks

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="session")
def synced() -> list[list[Make] | list[Model] | list[Trim]]:
    """What the first test has fetched from the sandbox; the others copy it, as fetching takes a second."""
    return []


@pytest.fixture(autouse=True)
def catalogue(portal: LiveServer, synced: list[list[Make] | list[Model] | list[Trim]]) -> None:
    if not synced:
        sync_catalogue(client=get_client(), now=timezone.now())
        synced += [list(Make.objects.all()), list(Model.objects.all()), list(Trim.objects.all())]
        return
    for kind, rows in zip((Make, Model, Trim), synced, strict=True):
        kind._default_manager.bulk_create(rows)  # type: ignore[arg-type]  # each list is of its kind


@pytest.fixture
def email() -> str:
    return f"{make_id('anna')}@example.com"


@pytest.fixture
def page(
    request: pytest.FixtureRequest, visitor: Callable[..., Visitor], portal: LiveServer, email: str
) -> Page:
    page = visitor(java_script_enabled=getattr(request, "param", True)).page
    sign_in(page, portal.url, email=email)
    return page


with_and_without_javascript = pytest.mark.parametrize(
    "page", [True, False], ids=["with JavaScript", "without JavaScript"], indirect=True
)


def choose(page: Page, portal: LiveServer, *names: str) -> None:
    page.goto(f"{portal.url}/connect/")
    for name in names:
        page.locator(".choice-list").get_by_role("link").filter(
            has=page.get_by_text(name, exact=True)
        ).click()


@with_and_without_javascript
def test_owner_connects_a_car_whose_make_is_enough(
    page: Page, portal: LiveServer, sandbox: Sandbox, email: str
) -> None:
    make = Make.objects.filter(onboardable=True).earliest("name")
    choose(page, portal, make.name)

    leave_for_the_manufacturer(page)
    assert page.url.startswith(sandbox.origin)
    approve(page)

    expect(page.get_by_role("heading", name="Your car is connected")).to_be_visible()
    vehicle = Vehicle.objects.select_related("owner", "make").get()
    assert vehicle.owner == User.objects.get(email=email)
    assert vehicle.make == make
    assert len(vehicle.pk) == 30
    assert page.url == f"{portal.url}/connect/return/{Attempt.objects.get().pk}/"


@with_and_without_javascript
def test_owner_connects_a_car_that_needs_its_model(page: Page, portal: LiveServer) -> None:
    model = (
        Model.objects.filter(onboardable=True, make__onboardable=False)
        .select_related("make")
        .earliest("name")
    )
    choose(page, portal, model.make.name, model.name)

    leave_for_the_manufacturer(page)
    approve(page)

    expect(page.get_by_role("heading", name="Your car is connected")).to_be_visible()
    assert Vehicle.objects.get().model == model


@with_and_without_javascript
def test_owner_connects_a_car_that_needs_its_trim(page: Page, portal: LiveServer) -> None:
    trim = (
        Trim.objects.filter(onboardable=True, model__onboardable=False, model__make__onboardable=False)
        .select_related("model__make")
        .earliest("name")
    )
    choose(page, portal, trim.model.make.name, trim.model.name, trim.name)

    leave_for_the_manufacturer(page)
    approve(page)

    expect(page.get_by_role("heading", name="Your car is connected")).to_be_visible()
    assert Vehicle.objects.get().trim == trim


def test_owner_connects_two_cars_at_once(page: Page, portal: LiveServer) -> None:
    choose(page, portal, Make.objects.filter(onboardable=True).earliest("name").name)
    leave_for_the_manufacturer(page)

    approve(page, cars=2)

    expect(page.get_by_role("heading", name="Your cars are connected")).to_be_visible()
    assert Vehicle.objects.count() == 2


def test_owner_leaves_the_choice_to_ev_energy(page: Page, portal: LiveServer, sandbox: Sandbox) -> None:
    page.goto(f"{portal.url}/connect/")

    page.get_by_role("link", name="Choose at ev.energy").click()
    leave_for_the_manufacturer(page)

    assert page.url.startswith(sandbox.origin)


@with_and_without_javascript
def test_owner_gives_up_and_tries_again(page: Page, portal: LiveServer) -> None:
    choose(page, portal, Make.objects.filter(onboardable=True).earliest("name").name)
    leave_for_the_manufacturer(page)
    give_up(page)
    expect(page.get_by_role("heading", name="No car was connected")).to_be_visible()
    assert Attempt.objects.get().state == AttemptState.CANCELLED

    page.get_by_role("button", name="Try again").click()
    approve(page)

    expect(page.get_by_role("heading", name="Your car is connected")).to_be_visible()


def test_a_car_ev_energy_could_not_tell_about_appears_later(
    page: Page, portal: LiveServer, sandbox: Sandbox
) -> None:
    choose(page, portal, Make.objects.filter(onboardable=True).earliest("name").name)
    leave_for_the_manufacturer(page)
    sandbox.behave(status={"get-vehicles-vehicle_id": 503})

    approve(page)
    expect(page.get_by_role("heading", name="Almost there")).to_be_visible()
    sandbox.behave_normally()
    Attempt.objects.get().claims.update(next_try_at=timezone.now())
    sweep_attempts()
    run_tasks()
    page.reload()

    expect(page.get_by_role("heading", name="Your car is connected")).to_be_visible()


def test_back_leads_to_the_step_before(page: Page, portal: LiveServer) -> None:
    model = (
        Model.objects.filter(onboardable=True, make__onboardable=False)
        .select_related("make")
        .earliest("name")
    )
    choose(page, portal, model.make.name, model.name)

    page.get_by_role("link", name="Choose another car").click()

    expect(page.get_by_role("heading", name=f"Which {model.make.name} is it?")).to_be_visible()


def test_search_leads_to_the_car(page: Page, portal: LiveServer) -> None:
    page.goto(f"{portal.url}/connect/")

    page.get_by_role("searchbox").fill("long ioniq 5")
    page.get_by_role("button", name="Search").click()

    expect(page.locator(".choice-list a").first).to_contain_text("Hyundai Ioniq 5")


def test_an_owner_at_a_desk_sees_the_same(
    chromium: Browser, visitor: Callable[..., Visitor], portal: LiveServer
) -> None:
    page = visitor(viewport={"width": 1280, "height": 800}, color_scheme="dark").page

    page.goto(portal.url)

    expect(page.get_by_role("link", name="Connect your car")).to_be_visible()


def test_owner_connects_a_car_by_keyboard_alone(
    visitor: Callable[..., Visitor], portal: LiveServer, sandbox: Sandbox, email: str
) -> None:
    page = visitor(viewport={"width": 1280, "height": 800}).page
    make = Make.objects.filter(onboardable=True).earliest("name")
    page.goto(portal.url)
    press(page, page.get_by_role("main").get_by_role("link", name="Connect your car"))
    type_into(page, page.get_by_label("E-mail address"), email)
    expect(page.get_by_label("Code")).to_be_visible()
    type_into(page, page.get_by_label("Code"), mailed_code(after=0))

    type_into(page, page.get_by_role("searchbox"), make.name)
    press(page, page.locator(".choice-list a").first)
    press(page, page.get_by_role("button", name="Agree and go on"))
    page.locator("#sign_in").press("Enter")  # at the manufacturer's
    if not page.locator("#vehicle-0").is_checked():
        page.locator("#vehicle-0").press("Space")
    page.locator("#approve").press("Enter")

    expect(page.get_by_role("heading", name="Your car is connected")).to_be_visible()
    press(page, page.get_by_role("main").get_by_role("link", name="Your cars"))
    expect(page.get_by_role("heading", name="Your cars")).to_be_visible()
