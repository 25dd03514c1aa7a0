"""The portal's own settings with what tests need: known credentials, fast hashing, no network.

DATABASE_URL chooses the database (SQLite if it is not set), so the same suite runs on PostgreSQL.
"""

import atexit
import os
import shutil
import tempfile

os.environ["SECRET_KEY"] = "a-key-for-tests-only-" + "x" * 40
os.environ["PORTAL_URL"] = "http://testserver"
os.environ["PORTAL_NAME"] = "Brightfield Energy"
os.environ["PORTAL_SUPPORT_EMAIL"] = "help@brightfield.example"
os.environ["DEFAULT_FROM_EMAIL"] = "cars@brightfield.example"
os.environ["ALLOWED_HOSTS"] = "testserver,localhost,127.0.0.1"
os.environ["EV_ENERGY_API_URL"] = "https://api.ev.energy/v2"
os.environ["EV_ENERGY_TOKEN_URL"] = "https://api.ev.energy/o/token/"
os.environ["EV_ENERGY_CLIENT_ID"] = "portal-client"
os.environ["EV_ENERGY_CLIENT_SECRET"] = "portal-secret"
os.environ["EMAIL_URL"] = "memorymail://"
os.environ["MAIL_HOURS"] = "0-24"  # tests of the hours and of the pace set their own
os.environ["MAILS_PER_MINUTE"] = os.environ["MAILS_PER_MINUTE_TO_A_DOMAIN"] = "100000"
os.environ.setdefault("CACHE_URL", "dbcache://portal_cache")

from onboarding_portal.settings import *  # noqa: F403  the environment has to be set before this import
from onboarding_portal.settings import DATABASES, STORAGES

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
WHITENOISE_AUTOREFRESH = WHITENOISE_USE_FINDERS = True  # straight from static/, without collectstatic

# A browser that is still open keeps threads of the live server; their connections must not outlast the test.
DATABASES["default"]["CONN_MAX_AGE"] = 0
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file: the live server's threads would lock one another out of a database in memory.
    _folder = tempfile.mkdtemp(prefix="onboarding-portal-tests-")
    atexit.register(shutil.rmtree, _folder, ignore_errors=True)
    DATABASES["default"]["TEST"] = {"NAME": f"{_folder}/test.sqlite3"}
# Django's test client calls the portal http://testserver, and mail stays in memory.
SILENCED_SYSTEM_CHECKS = ["portal.E002", "portal.E040"]
