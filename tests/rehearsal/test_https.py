"""Behind a platform that ends https: what it says of a request in its headers is believed, and acted on."""

from http.cookies import SimpleCookie
from typing import Any

import pytest
import requests

from tests.rehearsal.deployment import HTTPS, Deployment
from tests.rehearsal.deployment import HTTPS_HOST as HOST
from tests.rehearsal.processes import PortalProcess

pytestmark = pytest.mark.rehearsal


@pytest.fixture(scope="module")
def web(deployment: Deployment) -> PortalProcess:
    return deployment.start_web(**HTTPS)


def ask(web: PortalProcess, path: str, *, scheme: str, **options: Any) -> requests.Response:
    """A request as the platform hands it on."""
    headers = {"Host": HOST, "X-Forwarded-Proto": scheme, "X-Forwarded-For": "203.0.113.7"}
    given = options.pop("headers", {})
    assert isinstance(given, dict)
    return requests.request(
        str(options.pop("method", "GET")),
        f"{web.origin}{path}",
        headers={**headers, **given},
        timeout=10,
        allow_redirects=False,
        **options,
    )


def cookies_of(answer: requests.Response) -> SimpleCookie:
    cookies = SimpleCookie()
    for line in answer.raw.headers.getlist("Set-Cookie"):
        cookies.load(line)
    return cookies


def test_http_is_sent_on_to_https(web: PortalProcess) -> None:
    answer = ask(web, "/accounts/login/?next=/vehicles/", scheme="http")

    assert answer.status_code == 301
    assert answer.headers["Location"] == f"https://{HOST}/accounts/login/?next=/vehicles/"


def test_probes_come_without_https(web: PortalProcess) -> None:
    for path in ("/healthz", "/readyz"):
        assert ask(web, path, scheme="http").status_code == 200


def test_browsers_are_told_to_stay_with_https(web: PortalProcess) -> None:
    answer = ask(web, "/", scheme="https")

    assert answer.status_code == 200
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"


def test_cookies_are_bound_to_the_host_and_to_https(
    web: PortalProcess, deployment: Deployment, email: str
) -> None:
    form = ask(web, "/accounts/login/", scheme="https")
    csrf = cookies_of(form)["__Host-csrf"]
    token = form.text.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    sent = ask(
        web,
        "/accounts/login/",
        scheme="https",
        method="POST",
        data={"csrfmiddlewaretoken": token, "email": email},
        headers={"Cookie": f"__Host-csrf={csrf.value}", "Referer": f"https://{HOST}/accounts/login/"},
    )

    assert sent.status_code == 302
    assert deployment.mailbox.wait_for_code(address=email, after=0)
    for cookie in (csrf, cookies_of(sent)["__Host-session"]):
        assert cookie["secure"]
        assert cookie["httponly"]
        assert cookie["path"] == "/"
        assert not cookie["domain"]


def test_a_form_sent_from_elsewhere_is_refused(web: PortalProcess, email: str) -> None:
    form = ask(web, "/accounts/login/", scheme="https")
    csrf = cookies_of(form)["__Host-csrf"]
    token = form.text.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
    sent = ask(
        web,
        "/accounts/login/",
        scheme="https",
        method="POST",
        data={"csrfmiddlewaretoken": token, "email": email},
        headers={"Cookie": f"__Host-csrf={csrf.value}", "Origin": "https://evil.example"},
    )

    assert sent.status_code == 403
