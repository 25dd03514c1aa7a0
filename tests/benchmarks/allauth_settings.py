"""django-allauth's own redirect to a provider, inside the portal: what an operator would have without ours.

The provider is configured in the settings, as in the examples of allauth's documentation (it looks into the database
for more of them all the same). The middleware is the portal's.
"""

from tests.benchmarks.portal_settings import *  # noqa: F403  settings build on settings
from tests.benchmarks.portal_settings import INSTALLED_APPS

INSTALLED_APPS = [
    *INSTALLED_APPS,
    "allauth.socialaccount",
    "allauth.socialaccount.providers.github",
]
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
SILENCED_SYSTEM_CHECKS = ["axes.W003"]  # nobody gives a password here
ROOT_URLCONF = "tests.benchmarks.allauth_urls"
SOCIALACCOUNT_PROVIDERS = {"github": {"APPS": [{"client_id": "benchmark", "secret": "benchmark"}]}}
