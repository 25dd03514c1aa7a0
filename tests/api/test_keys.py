"""Keys: kept as a hash, several at once, over at once, limited, and in no log."""

import logging
from datetime import timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from onboarding_portal.api.keys import rate_limit
from onboarding_portal.api.models import ApiKey, Scope
from onboarding_portal.redaction import redact
from tests.api.rows import ApiClient, make_key
from tests.factories import NOW, make_staff

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(client: Client) -> Client:
    client.force_login(make_staff(is_superuser=True), backend="django.contrib.auth.backends.ModelBackend")
    return client


def sent(**fields: object) -> dict[str, object]:
    return {"name": "CRM", "scopes": ["vehicles:read"], "origins": "", **fields}


def test_key_is_shown_once_and_kept_as_a_hash(boss: Client) -> None:
    page = boss.post(reverse("admin:api_apikey_add"), sent(), follow=True)
    key = ApiKey.objects.get()
    again = boss.get(reverse("admin:api_apikey_secret", args=[key.pk]))
    text = page.content.decode()
    secret = text[text.index("evportal_live_") :].split("<")[0]

    assert ApiClient(secret).get("/vehicles").status_code == 200
    assert "no-store" in page.headers["Cache-Control"]
    assert b"evportal_live_" not in again.content
    assert secret not in str(ApiKey.objects.values().get())


def test_double_click_makes_one_key_and_its_page_still_shows_it(boss: Client) -> None:
    boss.post(reverse("admin:api_apikey_add"), sent())
    page = boss.post(reverse("admin:api_apikey_add"), sent(), follow=True)

    assert ApiKey.objects.count() == 1
    assert b"evportal_live_" in page.content


@pytest.mark.parametrize(
    "origin",
    [
        *("http://www.example.com", "javascript:alert(1)", "https://", "https://user@example.com"),
        *("https://example.com/path", "ftp://example.com", "https://exa mple.com", "*", "https://a?b"),
    ],
)
def test_only_whole_secure_origins_are_taken(boss: Client, origin: str) -> None:
    page = boss.post(
        reverse("admin:api_apikey_add"), sent(scopes=["sessions:write"], origins=origin), follow=True
    )

    assert page.status_code == 200
    assert not ApiKey.objects.exists()


def test_origins_are_kept_in_one_spelling(boss: Client) -> None:
    lines = "HTTPS://WWW.Example.com:443/\nhttps://bücher.example"
    boss.post(reverse("admin:api_apikey_add"), sent(scopes=["sessions:write"], origins=lines))

    assert ApiKey.objects.get().origins == ["https://www.example.com", "https://xn--bcher-kva.example"]


def test_two_keys_are_good_at_once_and_a_revoked_one_is_not(boss: Client) -> None:
    old, old_secret = make_key(name="Old")
    _new, new_secret = make_key(name="New")
    both = [ApiClient(secret).get("/vehicles").status_code for secret in (old_secret, new_secret)]

    boss.post(
        reverse("admin:api_apikey_changelist"), {"action": "revoke", "_selected_action": [old.pk], "index": 0}
    )
    after = [ApiClient(secret).get("/vehicles").status_code for secret in (old_secret, new_secret)]

    assert (both, after) == ([200, 200], [401, 200])


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer x", "Basic eDp5", "Bearer evportal_live_" + "é" * 43, "Bearer \x00"]
)
def test_without_a_key_that_works_nothing_is_told(header: str) -> None:
    answer = Client().get("/api/v1/vehicles", headers={"Authorization": header})

    assert answer.status_code == 401
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_key_ends_at_its_time() -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        _key, secret = make_key(expires_at=NOW + timedelta(days=1))
        before = ApiClient(secret).get("/vehicles").status_code
        clock.move_to(NOW + timedelta(days=1))

        assert (before, ApiClient(secret).get("/vehicles").status_code) == (200, 401)


def test_scope_is_needed() -> None:
    _key, secret = make_key(Scope.SESSIONS_WRITE)

    answer = ApiClient(secret).get("/vehicles")

    assert answer.status_code == 403
    assert "vehicles:read" in answer.json()["detail"]


def test_last_use_is_written_once_a_minute() -> None:
    key, secret = make_key()
    with time_machine.travel(NOW, tick=False) as clock:
        seen = []
        for seconds in (0, 30, 90):
            clock.move_to(NOW + timedelta(seconds=seconds))
            ApiClient(secret).get("/vehicles")
            seen.append(ApiKey.objects.get(pk=key.pk).last_used_at)

    assert seen == [NOW, NOW, NOW + timedelta(seconds=90)]


def test_each_key_has_its_own_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limit, "REQUESTS_A_MINUTE", 2)
    cache.clear()
    (_one, first), (_two, second) = make_key(), make_key()
    with time_machine.travel(NOW, tick=False):
        answers = [ApiClient(first).get("/vehicles") for _ in range(3)]
        other = ApiClient(second).get("/vehicles")

    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer.headers["RateLimit"] for answer in answers] == [
        '"key";r=1;t=60',
        '"key";r=0;t=60',
        '"key";r=0;t=60',
    ]
    assert answers[2].headers["Retry-After"] == "60"
    assert other.status_code == 200


def test_key_is_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    _key, secret = make_key()
    with caplog.at_level(logging.DEBUG):
        ApiClient(secret).get(f"/vehicles/{secret}")

    assert secret not in redact(caplog.text)
    assert redact(f"x={secret}; {secret.lower()}") == "x=[api key]; [api key]"


def test_staff_see_who_made_it_when(boss: Client) -> None:
    key, _secret = make_key(by=make_staff(name="Sam"), expires_at=timezone.now() + timedelta(days=9))

    page = boss.get(reverse("admin:api_apikey_change", args=[key.pk]))

    assert b"Sam" in page.content
    assert key.secret_hash.encode() not in page.content
