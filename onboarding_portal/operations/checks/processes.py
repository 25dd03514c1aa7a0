"""What several processes must share, and what each of them needs on its machine."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.core.cache import InvalidCacheBackendError, caches
from django.core.checks import CheckMessage
from redis import ConnectionPool, RedisError

from onboarding_portal.operations.checks.registry import error, portal_check, warning

# Not shared at all, or without the atomic `add` that locks and counters need.
UNSHARED_CACHES = {
    f"django.core.cache.backends.{name}"
    for name in ("locmem.LocMemCache", "dummy.DummyCache", "filebased.FileBasedCache")
}
LONGEST_CONNECTION_SECONDS = 86_400
DATABASES = {"django.db.backends.postgresql", "django.db.backends.sqlite3"}
# Set by platforms that run each process on a machine of its own and forget its files.
PLATFORM_MARKS = ("DYNO", "RENDER", "FLY_APP_NAME", "RAILWAY_ENVIRONMENT", "KUBERNETES_SERVICE_HOST")
MANIFEST_STORAGE = "whitenoise.storage.CompressedManifestStaticFilesStorage"


@portal_check
def cache() -> Iterator[CheckMessage]:
    if not settings.DEBUG and settings.CACHES["default"]["BACKEND"] in UNSHARED_CACHES:
        yield error(
            30,
            "CACHE_URL is a cache that processes do not share: limits on guessing, the request budget and the token "
            "would each exist several times.",
            "Leave CACHE_URL empty (a table of the database), or set it to rediss://…",
        )


@portal_check
def cache_can_be_made() -> Iterator[CheckMessage]:
    try:
        # The client and its pool, without a connection.
        caches["default"].close()
        if settings.CACHES["default"]["BACKEND"].endswith("RedisCache"):
            ConnectionPool.from_url(_first(settings.CACHES["default"]["LOCATION"]))
    except (InvalidCacheBackendError, ImportError, ValueError, TypeError, RedisError):
        yield error(
            37,
            "CACHE_URL names a cache whose client is not installed, or that cannot be read.",
            "Leave CACHE_URL empty (a table of the database), or set it to rediss://user:password@host:6379/0",
        )


@portal_check
def connections_kept() -> Iterator[CheckMessage]:
    if not 0 <= settings.DATABASES["default"].get("CONN_MAX_AGE", 0) <= LONGEST_CONNECTION_SECONDS:
        yield error(
            39,
            "CONN_MAX_AGE is below 0 or above a day.",
            "Set CONN_MAX_AGE to seconds from 0 to 86400, or leave it empty.",
        )


@portal_check
def database() -> Iterator[CheckMessage]:
    engine = settings.DATABASES["default"].get("ENGINE", "")
    if engine not in DATABASES:
        yield error(
            31,
            "DATABASE_URL is neither PostgreSQL nor SQLite.",
            "Set DATABASE_URL=postgres://user:password@host:5432/name",
        )
    elif engine.endswith("sqlite3") and any(os.environ.get(mark) for mark in PLATFORM_MARKS):
        yield warning(
            32,
            "DATABASE_URL is an SQLite file on a platform whose processes do not share files and lose them.",
            "Add a PostgreSQL database and set DATABASE_URL=postgres://…",
        )


def _first(location: str | list[str]) -> str:
    return location if isinstance(location, str) else location[0]


def static_files() -> Iterator[CheckMessage]:
    backend = settings.STORAGES["staticfiles"]["BACKEND"]
    if backend == MANIFEST_STORAGE and not _is_collected(Path(settings.STATIC_ROOT)):
        yield error(
            34,
            "STATIC_ROOT: the static files are not collected there: every page would fail.",
            "Run python manage.py collectstatic --noinput when the release is built.",
        )


def _is_collected(folder: Path) -> bool:
    try:
        return bool(json.loads((folder / "staticfiles.json").read_text())["paths"])
    except (OSError, ValueError, LookupError, TypeError):  # missing, unreadable, or left by something else
        return False


# Needed to serve pages, not to run a command: the first command of a new release collects them.
portal_check(static_files, deploy=True)
