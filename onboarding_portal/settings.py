"""All settings, read from the environment once. `.env.example` has a line for each.

There is no insecure default: what is missing is named, all at once, and nothing starts.
"""

import sys
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote, urlsplit

from csp.constants import NONE, SELF

from onboarding_portal import languages
from onboarding_portal.brand.shapes import FONTS, LARGEST_RADIUS, RADIUS
from onboarding_portal.environment import Environment
from onboarding_portal.operations.logs.config import logging_config
from onboarding_portal.patience import PAGE_SECONDS, POSTGRES_OPTIONS, impatient_cache
from onboarding_portal.sign_in_settings import *  # noqa: F403  who signs in, and how
from onboarding_portal.web_server.limits import LARGEST_BODY_BYTES, LARGEST_UPLOAD_BYTES

BASE_DIR = Path(__file__).resolve().parent.parent

env = Environment(file=BASE_DIR / ".env")

env.need(
    [
        "SECRET_KEY",
        "PORTAL_URL",
        "EV_ENERGY_API_URL",
        "EV_ENERGY_TOKEN_URL",
        "EV_ENERGY_CLIENT_ID",
        "EV_ENERGY_CLIENT_SECRET",
    ]
)

SECRET_KEY = env.str("SECRET_KEY")
# Former keys: what was signed with them is still read, and signed anew with the first one.
SECRET_KEY_FALLBACKS = env.list("SECRET_KEY_FALLBACKS")
DEBUG = env.yes_or_no("DEBUG", default=False)

# The portal's public origin. Every link handed out starts with it; the Host header is never used for one.
PORTAL_URL = env.origin("PORTAL_URL")
PORTAL_NAME = env.str("PORTAL_NAME", default="Your energy company")
PORTAL_SUPPORT_EMAIL = env.str("PORTAL_SUPPORT_EMAIL", default="")
SECURITY_CONTACT = env.str("SECURITY_CONTACT", default="")
BRAND_ACCENT_COLOUR = env.colour("BRAND_ACCENT_COLOUR")
BRAND_LOGO = env.str("BRAND_LOGO", default="")
BRAND_LOGO_DARK = env.str("BRAND_LOGO_DARK", default="")
BRAND_FAVICON = env.str("BRAND_FAVICON", default="")
BRAND_CORNER_RADIUS = env.whole_number("BRAND_CORNER_RADIUS", default=RADIUS, between=(0, LARGEST_RADIUS))
BRAND_FONT = env.one_of("BRAND_FONT", [*FONTS], default="system")
BRAND_PRIVACY_URL = env.link("BRAND_PRIVACY_URL")
BRAND_TERMS_URL = env.link("BRAND_TERMS_URL")
BRAND_HELP_URL = env.link("BRAND_HELP_URL")
BRAND_PHONE = env.phone("BRAND_PHONE")
BRAND_SUPPORT_HOURS = env.opening_hours("BRAND_SUPPORT_HOURS")
PORTAL_HOST = urlsplit(PORTAL_URL).hostname or ""
_host = f"[{PORTAL_HOST}]" if ":" in PORTAL_HOST else PORTAL_HOST  # as browsers name it
IS_HTTPS = PORTAL_URL.startswith("https://")
STAFF_TWO_FACTOR = env.one_of("STAFF_TWO_FACTOR", ["required", "optional", "off"], default="optional")
# Staff's single sign-on by OpenID Connect; without an issuer there is none.
OIDC_ISSUER = env.address("OIDC_ISSUER").rstrip("/")
OIDC_CLIENT_ID = env.str("OIDC_CLIENT_ID")
OIDC_CLIENT_SECRET = env.str("OIDC_CLIENT_SECRET")
OIDC_STAFF_DOMAIN = env.str("OIDC_STAFF_DOMAIN")
OIDC_GROUPS_CLAIM = env.str("OIDC_GROUPS_CLAIM")
SIGNUP_OPEN = env.yes_or_no("SIGNUP_OPEN", default=True)
# Whether the mailed link of an invitation may stand for a code, see accounts/invitations/proof.py.
INVITATION_PROVES_MAILBOX = env.yes_or_no("INVITATION_PROVES_MAILBOX", default=False)
ALLOWED_HOSTS = env.hosts("ALLOWED_HOSTS", default=[_host])

# ev.energy
EV_ENERGY_API_URL = env.address("EV_ENERGY_API_URL").rstrip("/")
EV_ENERGY_TOKEN_URL = env.address("EV_ENERGY_TOKEN_URL")
EV_ENERGY_CLIENT_ID = env.str("EV_ENERGY_CLIENT_ID")
EV_ENERGY_CLIENT_SECRET = env.str("EV_ENERGY_CLIENT_SECRET")
EV_ENERGY_NEXT_CLIENT_SECRET = env.str("EV_ENERGY_NEXT_CLIENT_SECRET")
EV_ENERGY_STALE_AFTER_HOURS = env.whole_number("EV_ENERGY_STALE_AFTER_HOURS", default=48)
EV_ENERGY_RESERVED_REQUESTS = env.whole_number("EV_ENERGY_RESERVED_REQUESTS", default=200)
EV_ENERGY_RATE_WINDOW_SECONDS = env.whole_number("EV_ENERGY_RATE_WINDOW_SECONDS", default=3600)
SMART_CHARGING_STEPS = env.some_of(
    "SMART_CHARGING_STEPS", ["address", "tariff", "switch"], default=["address", "tariff", "switch"]
)
SMART_CHARGING_TARIFF = env.str("SMART_CHARGING_TARIFF", default="")
RECONNECT_LINK_LIFETIME_DAYS = env.whole_number("RECONNECT_LINK_LIFETIME_DAYS", default=14)
EV_ENERGY_VERIFY_OWNERSHIP = env.yes_or_no("EV_ENERGY_VERIFY_OWNERSHIP", default=True)
# What signs ev.energy's webhooks: two of them while one is replaced. Without any, /hooks/ev-energy is not there.
EV_ENERGY_WEBHOOK_SECRETS = env.list("EV_ENERGY_WEBHOOK_SECRETS")
EV_ENERGY_CONNECT_TIMEOUT_SECONDS = env.number("EV_ENERGY_CONNECT_TIMEOUT_SECONDS", default=2.0)
EV_ENERGY_READ_TIMEOUT_SECONDS = env.number("EV_ENERGY_READ_TIMEOUT_SECONDS", default=6.0)

INSTALLED_APPS = [
    "onboarding_portal.operations",
    "onboarding_portal.accounts",
    "onboarding_portal.catalogue",
    "onboarding_portal.vehicles",
    "onboarding_portal.consents",
    "onboarding_portal.diagnostics",
    "onboarding_portal.onboarding",
    "onboarding_portal.reconnects",
    "onboarding_portal.readiness",
    "onboarding_portal.insights",
    "onboarding_portal.api",
    "onboarding_portal.desk",
    "onboarding_portal.api.events",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",  # its indexes on expressions; nothing of it is used on SQLite
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "axes",
    "csp",
    "django_tasks",
    "django_tasks_db",
    "onboarding_portal.accounts.staff.config.StaffAdminConfig",  # the last, see there
]

# Every text is marked for translation; English is the first.
LANGUAGE_CODE = "en"
LANGUAGES = [*languages.LANGUAGES]
LANGUAGE_COOKIE_NAME = "language"
LANGUAGE_COOKIE_AGE = int(timedelta(days=365).total_seconds())
LANGUAGE_COOKIE_SECURE = IS_HTTPS
LANGUAGE_COOKIE_HTTPONLY = True

MIDDLEWARE = [
    "onboarding_portal.operations.logs.request_id.RequestIdMiddleware",
    "onboarding_portal.operations.middleware.health.HealthMiddleware",
    "onboarding_portal.operations.middleware.patience.PatienceMiddleware",
    "onboarding_portal.operations.metrics.endpoint.MetricsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "onboarding_portal.api.edge.ApiMiddleware",
    "onboarding_portal.operations.middleware.body_size.BodySizeMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "onboarding_portal.brand.middleware.BrandMiddleware",
    "onboarding_portal.operations.middleware.compressed_pages.CompressedPagesMiddleware",
    "onboarding_portal.operations.middleware.private_pages.PrivatePagesMiddleware",
    "onboarding_portal.looking_again.LookingAgainMiddleware",
    "onboarding_portal.operations.middleware.storable_text.StorableTextMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "onboarding_portal.accounts.language.in_force.LanguageMiddleware",
    "onboarding_portal.accounts.viewer_zone.ViewerZoneMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "onboarding_portal.accounts.on_behalf.OnBehalfMiddleware",
    "onboarding_portal.accounts.own_place.seen.DeviceMiddleware",
    "onboarding_portal.accounts.sign_in.client_address.ClientAddressMiddleware",
    "onboarding_portal.api.hand_over.middleware.HandOverMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "axes.middleware.AxesMiddleware",
    "onboarding_portal.operations.middleware.busy.BusyMiddleware",
    "onboarding_portal.operations.middleware.wrong_method.WrongMethodMiddleware",
]

ROOT_URLCONF = "onboarding_portal.urls"
WSGI_APPLICATION = "onboarding_portal.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "onboarding_portal.operations.views.portal",
            ],
        },
    },
]

# Database. SQLite serves one machine; WAL lets the worker write while the web process reads.
DATABASES = {
    "default": env.database("DATABASE_URL", default=f"sqlite:///{quote(str(BASE_DIR / 'db.sqlite3'))}")
}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    DATABASES["default"]["OPTIONS"] = {
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON;",
        "transaction_mode": "IMMEDIATE",
        "timeout": PAGE_SECONDS,
    }
elif DATABASES["default"]["ENGINE"].endswith("postgresql"):
    DATABASES["default"]["OPTIONS"] = {**POSTGRES_OPTIONS, **DATABASES["default"].get("OPTIONS", {})}
DATABASES["default"]["CONN_MAX_AGE"] = env.whole_number("CONN_MAX_AGE", default=300)
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
# A pooler that lends a connection for one transaction only, as PgBouncer may, loses cursors between two of them.
DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Cache: shared by all processes, so never a process-local one.
CACHES = {"default": impatient_cache(env.cache("CACHE_URL", default="dbcache://portal_cache"))}
if CACHES["default"]["BACKEND"].endswith("DatabaseCache"):
    # Django's default of 300 entries would throw out access tokens and rate limits.
    CACHES["default"].setdefault("OPTIONS", {})["MAX_ENTRIES"] = 100_000

# Mail
_mail = env.mail("EMAIL_URL", default="consolemail://")
if _mail["EMAIL_BACKEND"] == "django.core.mail.backends.smtp.EmailBackend":
    _mail["EMAIL_BACKEND"] = "onboarding_portal.accounts.mail_server.EmailBackend"
vars().update(_mail)
EMAIL_TIMEOUT = 3.5  # seconds, for one answer and for each address of the server
DEFAULT_FROM_EMAIL = env.str(
    "DEFAULT_FROM_EMAIL", default=f"no-reply@{PORTAL_HOST if _host == PORTAL_HOST else 'localhost'}"
)
SERVER_EMAIL = DEFAULT_FROM_EMAIL
# E-mails nobody waits for: in a minute, of them to one receiving domain, between which hours where the reader lives.
MAILS_PER_MINUTE = env.whole_number("MAILS_PER_MINUTE", default=300)
MAILS_PER_MINUTE_TO_A_DOMAIN = env.whole_number("MAILS_PER_MINUTE_TO_A_DOMAIN", default=60)
MAIL_HOURS = env.hours("MAIL_HOURS", default=(8, 20))

# Background work
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default"]}}

# Behind how many proxies of ours requests arrive: 0 means the socket's address is the visitor's.
TRUSTED_PROXY_COUNT = env.whole_number("TRUSTED_PROXY_COUNT", default=1 if IS_HTTPS else 0)

LOCALE_PATHS = [BASE_DIR / "onboarding_portal" / "locale"]
if DEBUG and languages.PSEUDO_FOLDER.exists():
    LANGUAGES += languages.PSEUDO_LANGUAGES
    LOCALE_PATHS.append(languages.PSEUDO_FOLDER)
USE_I18N = True
FORMAT_MODULE_PATH = "onboarding_portal.formats"
USE_TZ = True
TIME_ZONE = env.time_zone("TIME_ZONE", default="UTC")

# Static files
STATIC_URL = "/static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(BASE_DIR / "staticfiles")))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if DEBUG
            else "whitenoise.storage.CompressedManifestStaticFilesStorage"
        )
    },
}

# What visitors may send. One form takes a file, of staff's, and none reaches the disk.
DATA_UPLOAD_MAX_MEMORY_SIZE = LARGEST_BODY_BYTES
FILE_UPLOAD_MAX_MEMORY_SIZE = LARGEST_UPLOAD_BYTES
DATA_UPLOAD_MAX_NUMBER_FILES = 1
FILE_UPLOAD_HANDLERS = ["onboarding_portal.operations.middleware.body_size.UploadHandler"]

# Security headers
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SECURE_SSL_REDIRECT = IS_HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
# Browsers remember for so long that this host is https alone. Being on their built-in list binds every host of the
# domain, also those of others, and takes months to undo: who wants that asks for it.
_hsts_seconds = env.whole_number("HSTS_SECONDS", default=int(timedelta(days=365).total_seconds()))
SECURE_HSTS_SECONDS = _hsts_seconds if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.yes_or_no("HSTS_INCLUDE_SUBDOMAINS", default=True) and IS_HTTPS
SECURE_HSTS_PRELOAD = env.yes_or_no("HSTS_PRELOAD", default=False) and IS_HTTPS
# Django's own advice on subdomains and the list, which is the company's choice.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
if TRUSTED_PROXY_COUNT:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_NAME = "__Host-session" if IS_HTTPS else "session"
CSRF_COOKIE_NAME = "__Host-csrf" if IS_HTTPS else "csrf"
CSRF_COOKIE_HTTPONLY = True
CSRF_FAILURE_VIEW = "onboarding_portal.operations.views.csrf_failure"
PERMISSIONS_POLICY: dict[str, list[str]] = {
    feature: []
    for feature in [
        "camera",
        "geolocation",
        "microphone",
        "payment",
        "usb",
        "display-capture",
        "serial",
        "hid",
    ]
}

_api = urlsplit(EV_ENERGY_API_URL)
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        # Chrome applies form-action to every redirect after a form post. Starting a journey posts to us
        # and goes on to ev.energy, then to manufacturers whose hosts nobody can list: any https host must do.
        "form-action": [SELF, "https:", f"{_api.scheme}://{_api.netloc}"],
    },
}

# Who may read /metrics; without it there is no such page, and nothing is kept for it.
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")

# Whom alarms are told: people by e-mail, and one webhook. Both may be empty.
ADMINS = [(address, address) for address in env.list("ADMINS")]
ALARM_WEBHOOK_URL = env.webhook("ALARM_WEBHOOK_URL")

# Origins of this machine that may be spoken to like public ones. Only where the portal is on this machine, too.
LOCAL_ORIGINS = env.list("LOCAL_ORIGINS")

# Where errors are told, beside the log; without it nothing of Sentry's is loaded.
SENTRY_DSN = env.str("SENTRY_DSN", default="")

# Logs: one JSON object a line for machines, plain lines for people.
LOG_FORMAT = env.one_of("LOG_FORMAT", ["json", "plain"], default="plain" if DEBUG else "json")
LOG_LEVEL = env.one_of("LOG_LEVEL", ["DEBUG", "INFO", "WARNING", "ERROR"], default="INFO")
LOGGING = logging_config(log_format=LOG_FORMAT, level=LOG_LEVEL, environ=env.values, argv=sys.argv)

env.refuse_if_wrong()
