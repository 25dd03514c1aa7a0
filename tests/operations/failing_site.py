"""A web process that crashes in every way that could tell a secret, and reports it to the Sentry at SENTRY_DSN.

`main` is for a process of its own, as Sentry's client changes Django's classes for good.
"""

import logging
import sys
from typing import NoReturn

from django.conf import settings
from django.db import IntegrityError
from django.http import HttpRequest
from django.test import Client
from django.urls import path
from django.utils.module_loading import import_string

from onboarding_portal import urls
from onboarding_portal.urls import handler500

__all__ = ["handler500", "urlpatterns"]

# What must not arrive, word by word.
SECRETS = [
    "ann@example.com",
    "ann%40example.com",
    "Ann's Volvo",
    "hG7dK2mPq9ZsW4xN8vB3cF6jL1rT5yU0",  # a lasting link's
    "BCDFGH",
    "an-access-token-of-ev-energy",
    "session-of-ann",
    "203.0.113.7",
    "portal-secret",
    "a-key-for-tests-only-",
    "YV1ZZ1111N1234567",
    "Mozilla/5.0 of Ann",
]
MAIL, _, NICKNAME, TOKEN, CODE, BEARER, SESSION, ADDRESS, _, _, VIN, AGENT = SECRETS
PATHS = ["crash", "database", "chained", "logged", "breadcrumbs"]


def crash(request: HttpRequest, what: str, token: str) -> NoReturn:
    local_variable = f"{MAIL} {TOKEN} {request.POST}"
    link = f"https://portal.example/reconnect/{TOKEN}/"
    key, secret = settings.SECRET_KEY, settings.EV_ENERGY_CLIENT_SECRET
    if what == "database":
        raise IntegrityError(f"DETAIL: Key (nickname)=({NICKNAME}) already exists. {local_variable}")
    if what == "chained":
        try:
            raise ValueError(f"{link}?email={MAIL} {VIN}")
        except ValueError as error:
            raise RuntimeError(f"Bearer {BEARER} code: {CODE} {key} {secret}") from error
    if what == "logged":
        try:
            raise ValueError(f"{MAIL} {link}")
        except ValueError:
            logging.getLogger("onboarding_portal").exception("Failed for %s", MAIL, extra={"who": MAIL})
    if what == "breadcrumbs":
        logging.getLogger("onboarding_portal").info("Mailed %s the code %s, %s", MAIL, CODE, link)
    raise ZeroDivisionError(f"of {MAIL}: {link}, {secret}")


urlpatterns = [*urls.urlpatterns, path("<str:what>/reconnect/<str:token>/", crash)]


def main() -> None:
    settings.ROOT_URLCONF = __name__
    settings.SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"  # there is no database
    assert "sentry_sdk" not in sys.modules
    settings.SENTRY_DSN = sys.argv[1]
    import_string("onboarding_portal.operations.sentry.begin")()
    client = Client(
        raise_request_exception=False,
        headers={"Authorization": f"Bearer {BEARER}", "User-Agent": AGENT, "X-Forwarded-For": ADDRESS},
    )
    client.cookies["session"] = SESSION
    for what in PATHS:
        answer = client.post(
            f"/{what}/reconnect/{TOKEN}/?email={MAIL}",
            {"email": MAIL, "code": CODE, "csrfmiddlewaretoken": TOKEN, "nickname": NICKNAME},
        )
        print(what, answer.status_code, answer.get("Content-Security-Policy"))
    import_string("sentry_sdk.flush")(timeout=10)
