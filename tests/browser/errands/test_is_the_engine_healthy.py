"""Is the engine healthy? No: the sync stands, the worker is dead, the budget is gone, and mail is refused."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from onboarding_portal.operations.metrics.processes import Kind
from onboarding_portal.operations.models import Process, Sample
from tests.browser.conftest import Visitor
from tests.browser.errands.clicks import Errand
from tests.operations.engine.world import ALL_KINDS, WAYS, give_signs_of_life

pytestmark = pytest.mark.django_db(transaction=True)

TROUBLES = {
    "The reading of all cars is under way and makes no progress.": "Stands still since",
    "No process of this kind gives a sign of life: worker.": "Worker",
    "Hardly a request to ev.energy is left for owners, or ev.energy has refused one with a 429.": "batches",
    "The mail server refuses e-mails; owners get no codes and cannot sign in.": "",
}


def break_it(settings: Settings) -> None:
    """As two minutes after it broke."""
    now = timezone.now()
    give_signs_of_life(*ALL_KINDS)
    Process.objects.update(started_at=now - timedelta(hours=1))
    Sample.objects.create(at=now - timedelta(minutes=2), sums={})
    for way in WAYS:
        if way.name in {"PortalSyncStandsStill", "PortalBudgetShort", "PortalMailsRefused"}:
            way.begin(settings)
    Process.objects.filter(kind=Kind.WORKER).update(seen_at=now - timedelta(minutes=2))


def test_lead_sees_what_is_wrong_and_what_to_do_and_opens_each_list(
    visitor: Callable[..., Visitor], portal: LiveServer, settings: Settings
) -> None:
    break_it(settings)
    errand = Errand(visitor(viewport={"width": 1280, "height": 900}).page, portal.url, group="lead")
    errand.sign_in()

    expect(errand.page.get_by_role("heading", name="4 things are wrong")).to_be_visible()
    for trouble, behind in TROUBLES.items():
        item = errand.page.get_by_role("listitem").filter(has_text=trouble)
        expect(item.get_by_text("What to do:")).to_be_visible()
        errand.click(item.get_by_role("link", name=trouble))
        expect(errand.page.locator("#content")).to_contain_text(behind)
        errand.page.go_back()
    assert errand.clicks == len(TROUBLES)


def test_reader_sees_it_on_a_phone_and_without_javascript_but_not_the_lists_of_leads(
    visitor: Callable[..., Visitor], portal: LiveServer, settings: Settings
) -> None:
    break_it(settings)
    errand = Errand(visitor(java_script_enabled=False).page, portal.url, group="reader")
    errand.sign_in()

    expect(errand.page.get_by_role("heading", name="4 things are wrong")).to_be_visible()
    expect(errand.page.get_by_role("rowheader", name="Background tasks")).to_be_visible()
    expect(errand.page.get_by_role("link", name="Background tasks")).to_have_count(0)
    answer = errand.page.goto(f"{portal.url}/admin/operations/regularjob/")
    assert answer is not None
    assert answer.status == 403


def test_who_has_no_right_is_refused(
    visitor: Callable[..., Visitor], portal: LiveServer, settings: Settings
) -> None:
    break_it(settings)
    errand = Errand(visitor().page, portal.url, group="")
    errand.sign_in()

    expect(errand.page.get_by_text("wrong")).to_have_count(0)
    answer = errand.page.goto(f"{portal.url}/admin/engine/")
    assert answer is not None
    assert answer.status == 403
