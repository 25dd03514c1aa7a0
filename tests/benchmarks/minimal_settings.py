"""The least Django that has a session, a user, CSRF and a table to insert into: the portal is measured against it."""

from tests.benchmarks.portal_settings import *  # noqa: F403  settings build on settings
from tests.benchmarks.portal_settings import INSTALLED_APPS

# What the middleware left out belongs to; none of it takes part in a request here.
INSTALLED_APPS = [app for app in INSTALLED_APPS if not (app.startswith(("allauth", "axes")) or "dmin" in app)]
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
ROOT_URLCONF = "tests.benchmarks.minimal_urls"
LOGGING = {"version": 1, "disable_existing_loggers": True, "loggers": {"gunicorn.error": {"level": "ERROR"}}}
LOGGING_CONFIG = None
