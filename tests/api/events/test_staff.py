"""Staff make an endpoint, see its secret once, try it, renew the secret, and have events sent again."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from standardwebhooks import Webhook

from onboarding_portal.accounts.models import AuditEntry
from onboarding_portal.api.events.models import Delivery, DeliveryState, Endpoint, Event, Lane
from tests.api.events import receiver as behaviours
from tests.api.events.receiver import Receiver
from tests.api.events.rows import an_endpoint, an_event
from tests.factories import make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss() -> Client:
    client = Client()
    client.force_login(make_staff(is_superuser=True), backend="django.contrib.auth.backends.ModelBackend")
    return client


def page(name: str, endpoint: Endpoint) -> str:
    return reverse(f"admin:events_endpoint_{name}", args=[endpoint.pk])


def shown_secret(text: str) -> str:
    found = re.search(r"<code class=\"wraps\">(whsec_[^<]+)</code>", text)
    return found[1] if found else ""


def test_an_endpoint_is_made_and_its_secret_is_shown_once(boss: Client, receiver: Receiver) -> None:
    made = boss.post(
        reverse("admin:events_endpoint_add"), {"name": "CRM", "url": receiver.url, "is_on": "on"}, follow=True
    )
    secret = shown_secret(made.content.decode())
    endpoint = Endpoint.objects.get()
    assert endpoint.secrets(now=timezone.now()) == [secret]
    assert Lane.objects.count() == 8
    assert made["Cache-Control"].startswith("max-age=0, no-cache, no-store")
    assert shown_secret(boss.get(page("secret", endpoint)).content.decode()) == ""

    receiver.secrets = [secret]
    tried = boss.post(page("test", endpoint), follow=True).content.decode()
    assert "The test event was taken: status 200." in tried
    assert Delivery.objects.get().state == DeliveryState.DELIVERED
    assert receiver.got[0][1]["type"] == "endpoint.test"

    renewed = shown_secret(boss.post(page("new_secret", endpoint), follow=True).content.decode())
    assert renewed
    assert renewed != secret
    endpoint.refresh_from_db()
    assert endpoint.secrets(now=timezone.now()) == [renewed, secret]
    assert Webhook(renewed)


@pytest.mark.parametrize(
    "url",
    ["http://receiver.example/", "https://127.0.0.1/", "https://2130706433/", "https://name@x.example/", "x"],
)
def test_an_address_that_is_not_public_is_refused_in_the_form(boss: Client, url: str) -> None:
    said = boss.post(reverse("admin:events_endpoint_add"), {"name": "CRM", "url": url, "is_on": "on"})
    assert said.status_code == 200
    assert "errorlist" in said.content.decode()
    assert not Endpoint.objects.exists()


def test_a_test_that_is_refused_says_so_and_is_not_tried_again(boss: Client, receiver: Receiver) -> None:
    endpoint = an_endpoint(receiver.url)
    receiver.behave = behaviours.fail
    said = boss.post(page("test", endpoint), follow=True).content.decode()
    assert "The test event was refused: status 500." in said
    assert Delivery.objects.get().state == DeliveryState.PARKED


def test_events_are_sent_again_by_time_once(boss: Client) -> None:
    endpoint, now = an_endpoint(), timezone.now()
    inside = an_event(at=now - timedelta(hours=1), distributed_at=now)
    an_event(at=now - timedelta(days=2), distributed_at=now)
    span = {"since": f"{now - timedelta(hours=2):%Y-%m-%dT%H:%M}", "until": f"{now:%Y-%m-%dT%H:%M}"}
    for _double_click in range(2):
        boss.post(page("again", endpoint), span)
    assert [row.event for row in Delivery.objects.all()] == [inside]
    assert AuditEntry.objects.filter(act="events.sent_again").count() == 1


@pytest.mark.parametrize(
    "span", [{}, {"since": "x", "until": "y"}, {"since": "2026-03-02 10:00", "until": "2026-03-01 10:00"}]
)
def test_a_span_that_is_none_sends_nothing(boss: Client, span: dict[str, str]) -> None:
    endpoint = an_endpoint()
    an_event()
    said = boss.post(page("again", endpoint), span, follow=True)
    assert said.status_code == 200
    assert 'class="error"' in said.content.decode()
    assert not Delivery.objects.exists()


@pytest.mark.parametrize("model", ["event", "delivery"])
def test_events_are_sent_again_by_choice(boss: Client, model: str) -> None:
    endpoint = an_endpoint()
    event = an_event(distributed_at=timezone.now())
    Delivery.objects.write([event], [endpoint], now=timezone.now())
    Delivery.objects.update(state=DeliveryState.PARKED)
    chosen = event.pk if model == "event" else Delivery.objects.get().pk
    boss.post(
        reverse(f"admin:events_{model}_changelist"), {"action": "send_again", "_selected_action": chosen}
    )
    assert Delivery.objects.pending().get().event == event
    assert Event.objects.count() == 1


@pytest.mark.parametrize("model", ["event", "delivery"])
@pytest.mark.parametrize("words", ["vhcl1", "abc", "%00", "0" * 32, "evt_" + "0" * 32, "a b"])
def test_lists_are_searched_by_ids_whatever_is_typed(boss: Client, model: str, words: str) -> None:
    Delivery.objects.write([an_event()], [an_endpoint()], now=timezone.now())
    found = boss.get(reverse(f"admin:events_{model}_changelist"), {"q": words}, follow=True)
    assert found.status_code == 200
    assert (found.context["cl"].result_count == 1) is (words == "vhcl1")


def test_the_list_of_endpoints_says_how_each_is_in_the_same_queries(boss: Client) -> None:
    counts = []
    for _ in range(2):
        endpoint = an_endpoint()
        Delivery.objects.write([an_event(), an_event()], [endpoint], now=timezone.now())
        Delivery.objects.filter(pk=Delivery.objects.first().pk).update(state=DeliveryState.PARKED)
        with CaptureQueriesContext(connection) as queries:
            shown = boss.get(reverse("admin:events_endpoint_changelist")).content.decode()
        assert "Nothing was sent yet" in shown
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_form_that_is_only_sent_is_not_a_page(boss: Client) -> None:
    endpoint = an_endpoint()
    for name in ("test", "new_secret", "again"):
        assert boss.get(page(name, endpoint)).status_code == 405
        assert boss.post(reverse(f"admin:events_endpoint_{name}", args=[10**9])).status_code == 404
