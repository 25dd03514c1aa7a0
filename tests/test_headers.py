"""Security headers, on every address there is: a new one without them fails here."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from itertools import product

import pytest
from django.conf import settings
from django.test import Client, override_settings

from tests.factories import make_owner
from tests.urlconf import PARTS, Address, addresses, nothing_stays, parts_of

pytestmark = pytest.mark.django_db

ADDRESSES = addresses()
METHODS = ["get", "post"]
POLICY = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "form-action 'self' https: https://api.ev.energy",
]


def visitors() -> dict[str, Client]:
    clients = {"anonymous": Client(), "owner": Client(), "staff": Client()}
    clients["owner"].force_login(make_owner())
    staff = make_owner(is_staff=True, is_superuser=True)
    clients["staff"].force_login(staff, backend="django.contrib.auth.backends.ModelBackend")
    for client in clients.values():
        client.raise_request_exception = False
    return clients


@pytest.mark.parametrize("addresses", parts_of(ADDRESSES), ids=range(PARTS))
def test_every_address_has_the_security_headers(addresses: Sequence[Address]) -> None:
    asking = product(addresses, visitors().items(), METHODS)
    for address, (who, client), method in asking:
        with nothing_stays(client):
            response = getattr(client, method)(address.path())
        at = f"{method} {address.route} as {who}: {response.status_code}"

        policy = response.headers.get("Content-Security-Policy", "").split("; ")
        assert not set(POLICY) - set(policy), at
        assert "unsafe" not in response["Content-Security-Policy"], at
        assert response["X-Content-Type-Options"] == "nosniff", at
        assert response["X-Frame-Options"] == "DENY", at
        assert response["Referrer-Policy"] in {"same-origin", "no-referrer"}, at
        assert response["Cross-Origin-Opener-Policy"] == "same-origin", at
        assert "camera=()" in response["Permissions-Policy"], at
        assert response["X-Request-ID"], at
        if who != "anonymous":
            assert "no-store" in response["Cache-Control"], at
            assert "public" not in response["Cache-Control"], at


@pytest.mark.parametrize("addresses", parts_of(ADDRESSES), ids=range(PARTS))
def test_no_page_has_inline_script_or_style(addresses: Sequence[Address]) -> None:
    for address, (who, client) in product(addresses, visitors().items()):
        with nothing_stays(client):
            response = client.get(address.path())
        if not response["Content-Type"].startswith("text/html") or response.streaming:
            continue
        page, at = response.content.decode(), f"{address.route} as {who}"

        assert "<style" not in page, at
        assert " style=" not in page, at
        assert " onclick=" not in page, at
        assert "javascript:" not in page, at
        for script in page.split("<script")[1:]:
            opening, _, rest = script.partition(">")
            is_data = 'type="application/json"' in opening
            assert "src=" in opening or is_data or not rest.partition("</script>")[0].strip(), at


HTTPS = {
    "IS_HTTPS": True,
    "SECURE_SSL_REDIRECT": True,
    "SECURE_HSTS_SECONDS": 31_536_000,
    "SECURE_HSTS_INCLUDE_SUBDOMAINS": True,
    "SECURE_HSTS_PRELOAD": True,
    "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https"),
}


@pytest.mark.parametrize("path", ["/", "/accounts/login/", "/admin/login/", "/no/such/page/"])
def test_browsers_are_told_to_come_by_https_only(path: str) -> None:
    with override_settings(**HTTPS):
        response = Client().get(path, headers={"X-Forwarded-Proto": "https"})

    assert response["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"


def test_http_is_sent_on_to_https() -> None:
    with override_settings(**HTTPS):
        response = Client().get("/accounts/login/?next=/vehicles/", headers={"X-Forwarded-Proto": "http"})

    assert response.status_code == 301
    assert response["Location"] == "https://testserver/accounts/login/?next=/vehicles/"


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_probes_come_by_http_from_anywhere(path: str) -> None:
    with override_settings(**HTTPS, ALLOWED_HOSTS=["cars.example.com"]):
        response = Client().get(path, headers={"Host": "10.1.2.3:8000"})

    assert response.status_code == 200


def settings_under(portal_url: str) -> dict[str, object]:
    """Returns the settings a process has that is started with this address."""
    names = ["SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE"]
    names += ["SECURE_HSTS_SECONDS", "SECURE_SSL_REDIRECT", "SESSION_COOKIE_PATH", "SESSION_COOKIE_DOMAIN"]
    script = f"""
import json, os
os.environ["PORTAL_URL"] = {portal_url!r}
from django.conf import settings
print(json.dumps({{name: getattr(settings, name) for name in {names!r}}}))
"""
    environ = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": "onboarding_portal.settings",
        "SECRET_KEY": settings.SECRET_KEY,
        "EV_ENERGY_API_URL": "https://api.ev.energy/v2",
        "EV_ENERGY_TOKEN_URL": "https://api.ev.energy/o/token/",
        "EV_ENERGY_CLIENT_ID": "client",
        "EV_ENERGY_CLIENT_SECRET": "secret",
    }
    ended = subprocess.run(
        [sys.executable, "-c", script],
        cwd=settings.BASE_DIR,
        env=environ,
        capture_output=True,
        text=True,
        timeout=180,
        check=True,
    )
    found: dict[str, object] = json.loads(ended.stdout)
    return found


def test_under_https_cookies_belong_to_this_host_alone() -> None:
    found = settings_under("https://cars.example.com")

    assert found == {
        "SESSION_COOKIE_NAME": "__Host-session",
        "CSRF_COOKIE_NAME": "__Host-csrf",
        "SESSION_COOKIE_SECURE": True,
        "CSRF_COOKIE_SECURE": True,
        "SECURE_HSTS_SECONDS": 31_536_000,
        "SECURE_SSL_REDIRECT": True,
        "SESSION_COOKIE_PATH": "/",
        "SESSION_COOKIE_DOMAIN": None,
    }


def test_on_this_machine_without_https_cookies_still_work() -> None:
    found = settings_under("http://127.0.0.1:8000")

    assert found["SESSION_COOKIE_NAME"] == "session"
    assert found["SESSION_COOKIE_SECURE"] is False
    assert found["SECURE_SSL_REDIRECT"] is False


def test_a_session_cookie_is_out_of_reach_of_scripts() -> None:
    assert settings.SESSION_COOKIE_HTTPONLY
    assert settings.CSRF_COOKIE_HTTPONLY
    assert settings.SESSION_COOKIE_SAMESITE == settings.CSRF_COOKIE_SAMESITE == "Lax"


def test_a_visitors_first_page_without_a_session_may_be_kept() -> None:
    response = Client().get("/")

    assert "no-store" not in response.headers.get("Cache-Control", "")
