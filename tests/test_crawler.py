"""Follows every link of every page, as each kind of visitor: nothing crashes and no link leads nowhere."""

from collections import deque
from html.parser import HTMLParser
from urllib.parse import urldefrag, urljoin, urlsplit

import pytest
from django.contrib import admin
from django.test import Client
from django.utils import timezone

from onboarding_portal.accounts.models import Invitation, User
from onboarding_portal.reconnects.models import Batch, BatchKind, UnstableVehicle
from onboarding_portal.reconnects.states import State
from tests.ev_energy_api import EvEnergyApi
from tests.factories import make_attempt, make_owner, make_staff, make_stale_vehicle, make_trim, make_vehicle
from tests.reconnects.rows import make_emailed, make_reconnect

pytestmark = pytest.mark.django_db

MOST_PAGES = 600
# For every filter and order of a list there are links with queries: this many of one path are enough.
QUERIES_OF_A_PATH = 4


class Links(HTMLParser):
    """Addresses a page leads to, and those it loads."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name in {"href", "src"} and value and tag not in {"use"}:
                self.found.append(value)


@pytest.fixture
def owner(ev_energy_api: EvEnergyApi) -> User:
    """An owner with cars in each condition, in a world with one of everything."""
    owner = make_owner()
    make_trim(model=make_trim().model)
    make_vehicle(owner=owner)
    make_vehicle(owner=owner, last_status_at=None)
    reconnect, _token = make_emailed(vehicle=make_stale_vehicle(owner=owner))
    for state in (State.LINK_READY, State.FAILED, State.RECONNECTED):
        make_reconnect(state, vehicle=make_stale_vehicle(), batch=Batch.objects.create(kind=BatchKind.LINKS))
    make_attempt(owner=owner)
    Invitation.objects.invite(email="new@example.com", invited_by=None, now=timezone.now())
    UnstableVehicle.objects.create(vehicle=reconnect.vehicle, repairs=3, flagged_at=timezone.now())
    return owner


def crawl(client: Client, *starts: str) -> dict[str, int]:
    """Returns the status of every address reached, with where it was found for those that failed."""
    waiting, seen, queries = deque((start, "the start") for start in starts), set(starts), dict[str, int]()
    statuses: dict[str, int] = {}
    while waiting:
        address, found_on = waiting.popleft()
        response = client.get(address)
        statuses[address] = response.status_code
        assert response.status_code < 400, f"{response.status_code} at {address}, linked from {found_on}"
        assert len(statuses) < MOST_PAGES, "The pages do not end."
        for link in links_of(address, response):
            path = link.partition("?")[0]
            queries[path] = queries.get(path, 0) + (1 if link not in seen else 0)
            if link not in seen and queries[path] <= QUERIES_OF_A_PATH:
                seen.add(link)
                waiting.append((link, address))
    return statuses


def links_of(address: str, response: object) -> list[str]:
    headers = response.headers  # type: ignore[attr-defined]  # the test client's answer has no type of its own
    links = Links()
    if "Location" in headers:
        links.found = [headers["Location"]]
    elif headers.get("Content-Type", "").startswith("text/html"):
        links.feed(response.content.decode())  # type: ignore[attr-defined]  # as above
    whole = [urldefrag(urljoin(f"http://testserver{address}", link)).url for link in links.found]
    ours = [urlsplit(link) for link in whole if urlsplit(link).netloc == "testserver"]
    return [each.path + (f"?{each.query}" if each.query else "") for each in ours if is_a_page(each.path)]


def is_a_page(path: str) -> bool:
    # Django's test client does not serve static files; the browser tests load them all.
    return not path.startswith("/static/")


def test_anonymous_visitors_find_no_broken_link(owner: User) -> None:
    statuses = crawl(Client(), "/", "/accounts/login/", "/admin/")

    assert {"/", "/accounts/login/"} <= statuses.keys()


def test_owners_find_no_broken_link(owner: User) -> None:
    client = Client()
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")

    statuses = crawl(client, "/")

    for vehicle in owner.vehicles.all():
        assert statuses[f"/vehicles/{vehicle.pk}/"] == 200
    assert statuses["/connect/"] == 200


def test_staff_find_no_broken_link_in_the_admin(owner: User) -> None:
    client = Client()
    staff = make_staff(is_superuser=True)
    client.force_login(staff, backend="django.contrib.auth.backends.ModelBackend")

    statuses = crawl(client, "/admin/")

    for model in admin.site._registry:
        assert statuses[f"/admin/{model._meta.app_label}/{model._meta.model_name}/"] == 200
    for vehicle in owner.vehicles.all():
        assert statuses[f"/admin/vehicles/vehicle/{vehicle.pk}/change/"] == 200
        assert statuses[f"/admin/vehicles/vehicle/{vehicle.pk}/timeline/"] == 200
