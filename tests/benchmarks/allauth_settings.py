"""django-allauth's own redirect to a provider, inside the portal: what an operator would have without ours.

The provider is configured in the settings, as in all examples of allauth's documentation; sessions and users are
read as Django and allauth read them. The middleware is the portal's.
"""

from tests.benchmarks.portal_settings import *  # noqa: F403  settings build on settings
from tests.benchmarks.portal_settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "allauth.socialaccount", "allauth.socialaccount.providers.github"]
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
SESSION_ENGINE = "django.contrib.sessions.backends.db"
ROOT_URLCONF = "tests.benchmarks.allauth_urls"
SOCIALACCOUNT_PROVIDERS = {"github": {"APPS": [{"client_id": "benchmark", "secret": "benchmark"}]}}
