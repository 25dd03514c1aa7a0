"""Each unsafe or impossible combination of settings is told, with the setting's name and a remedy."""

import os
import subprocess
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings
from django.core.checks import CheckMessage, run_checks
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from django.test import override_settings

from onboarding_portal.environment import Environment
from onboarding_portal.operations.checks.database import is_ready
from onboarding_portal.operations.checks.start import refuse_unsafe_settings

OPENID = {
    "OIDC_ISSUER": "https://login.example.com",
    "OIDC_CLIENT_ID": "portal",
    "OIDC_CLIENT_SECRET": "a-secret",
}
KEY = "pQ7-kZ2_vX9mB4nL8sD1fG6hJ3wR5tY0uI-aS_eC2bN7xM4zK9q"
REDIS = "django.core.cache.backends.redis.RedisCache"
LOCAL_CACHE = "django.core.cache.backends.locmem.LocMemCache"


def production(**changes: Any) -> dict[str, Any]:
    """Settings of a sound deployment, with changes."""
    return {
        "DEBUG": False,
        "SECRET_KEY": KEY,
        "PORTAL_URL": "https://cars.example.com",
        "PORTAL_HOST": "cars.example.com",
        "IS_HTTPS": True,
        "ALLOWED_HOSTS": ["cars.example.com"],
        "TRUSTED_PROXY_COUNT": 1,
        "PORTAL_SUPPORT_EMAIL": "help@example.com",
        "DEFAULT_FROM_EMAIL": "Example Energy <cars@example.com>",
        "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "EMAIL_HOST": "smtp.example.com",
        "EMAIL_USE_TLS": True,
        "CACHES": {
            "default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "portal_cache"}
        },
        "SILENCED_SYSTEM_CHECKS": [],
        **changes,
    }


def on_this_machine(**changes: Any) -> dict[str, Any]:
    """Settings of a demo: everything on loopback, without https."""
    return production(
        **{
            "PORTAL_URL": "http://127.0.0.1:8000",
            "PORTAL_HOST": "127.0.0.1",
            "IS_HTTPS": False,
            "ALLOWED_HOSTS": ["127.0.0.1", "localhost"],
            "TRUSTED_PROXY_COUNT": 0,
            "DEFAULT_FROM_EMAIL": "no-reply@127.0.0.1",
            "EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
            "EV_ENERGY_API_URL": "http://127.0.0.1:9000/v2",
            "EV_ENERGY_TOKEN_URL": "http://127.0.0.1:9000/o/token/",
            **changes,
        }
    )


def found() -> list[CheckMessage]:
    return list(run_checks(tags=["portal"], include_deployment_checks=True))


ERRORS: list[tuple[str, str, dict[str, Any]]] = [
    # number, the setting that is named, what differs from a sound deployment
    ("E001", "PORTAL_URL", {"PORTAL_URL": "https://cars.example.com/portal"}),
    ("E001", "PORTAL_URL", {"PORTAL_URL": "https://cars.example.com?from=mail"}),
    ("E001", "PORTAL_URL", {"PORTAL_URL": "https://user@cars.example.com"}),
    ("E001", "PORTAL_URL", {"PORTAL_URL": "https://cars.example.com:port"}),
    ("E001", "PORTAL_URL", {"PORTAL_URL": "https://[cars.example.com"}),
    ("E001", "PORTAL_URL", {"PORTAL_URL": "cars.example.com"}),
    ("E001", "PORTAL_URL", {"PORTAL_URL": "ftp://cars.example.com"}),
    ("E001", "PORTAL_URL", {"PORTAL_URL": "https://"}),
    ("E002", "PORTAL_URL", {"PORTAL_URL": "http://cars.example.com", "IS_HTTPS": False}),
    ("E003", "DEBUG", {"DEBUG": True}),
    (
        "E003",
        "DEBUG",
        {"DEBUG": True, "PORTAL_URL": "http://cars.example.com", "IS_HTTPS": False},
    ),
    ("E004", "ALLOWED_HOSTS", {"ALLOWED_HOSTS": ["*"]}),
    ("E005", "ALLOWED_HOSTS", {"ALLOWED_HOSTS": ["other.example.com"]}),
    ("E005", "ALLOWED_HOSTS", {"ALLOWED_HOSTS": []}),
    ("E006", "TRUSTED_PROXY_COUNT", {"TRUSTED_PROXY_COUNT": -1}),
    ("E006", "TRUSTED_PROXY_COUNT", {"TRUSTED_PROXY_COUNT": 1000}),
    ("E007", "TRUSTED_PROXY_COUNT", {"TRUSTED_PROXY_COUNT": 0}),
    ("E008", "ALLOWED_HOSTS", {"ALLOWED_HOSTS": ["https://cars.example.com"]}),
    ("E008", "ALLOWED_HOSTS", {"ALLOWED_HOSTS": ["cars.example.com:443"]}),
    ("E008", "ALLOWED_HOSTS", {"ALLOWED_HOSTS": ["cars.example.com", "*.example.com"]}),
    ("E017", "SECURITY_CONTACT", {"SECURITY_CONTACT": "security@"}),
    ("E017", "SECURITY_CONTACT", {"SECURITY_CONTACT": "http://example.com/security"}),
    ("E017", "SECURITY_CONTACT", {"SECURITY_CONTACT": "a@example.com\nExpires: never"}),
    ("E010", "SECRET_KEY", {"SECRET_KEY": KEY[:49]}),
    ("E010", "SECRET_KEY", {"SECRET_KEY": "ab" * 40}),
    ("E011", "SECRET_KEY", {"SECRET_KEY": f"django-insecure-{KEY}"}),
    ("E011", "SECRET_KEY", {"SECRET_KEY": f"change-me-{KEY}"}),
    ("E012", "SECRET_KEY", {"EV_ENERGY_CLIENT_SECRET": KEY}),
    ("E013", "SECRET_KEY_FALLBACKS", {"SECRET_KEY_FALLBACKS": [KEY[:20], KEY[20:]]}),
    ("E015", "HSTS_SECONDS", {"SECURE_HSTS_SECONDS": -1}),
    ("E015", "HSTS_SECONDS", {"SECURE_HSTS_SECONDS": 10**12}),
    ("E020", "EV_ENERGY_API_URL", {"EV_ENERGY_API_URL": "http://api.ev.energy/v2"}),
    ("E020", "EV_ENERGY_API_URL", {"EV_ENERGY_API_URL": "api.ev.energy/v2"}),
    ("E020", "EV_ENERGY_API_URL", {"EV_ENERGY_API_URL": "https://[api"}),
    ("E021", "EV_ENERGY_TOKEN_URL", {"EV_ENERGY_TOKEN_URL": "http://api.ev.energy/o/token/"}),
    ("E020", "EV_ENERGY_API_URL", {"EV_ENERGY_API_URL": "https://api.ev.energy/v2?key=1"}),
    ("E020", "EV_ENERGY_API_URL", {"EV_ENERGY_API_URL": "https://user:word@api.ev.energy/v2"}),
    ("E020", "EV_ENERGY_API_URL", {"EV_ENERGY_API_URL": "https://api.ev.energy:port/v2"}),
    ("E020", "EV_ENERGY_API_URL", {"EV_ENERGY_API_URL": "https://api.ev.energy; img-src */v2"}),
    ("E021", "EV_ENERGY_TOKEN_URL", {"EV_ENERGY_TOKEN_URL": "https://api.ev.energy/o/token/?grant=x"}),
    ("E027", "EV_ENERGY_API_URL", {"EV_ENERGY_API_URL": "https://api.ev.energy"}),
    ("E028", "EV_ENERGY_TOKEN_URL", {"EV_ENERGY_TOKEN_URL": "https://api.ev.energy/"}),
    ("E022", "EV_ENERGY_CLIENT_ID", {"EV_ENERGY_CLIENT_ID": ""}),
    ("E022", "EV_ENERGY_CLIENT_ID", {"EV_ENERGY_CLIENT_ID": "portal:client"}),
    ("E022", "EV_ENERGY_CLIENT_ID", {"EV_ENERGY_CLIENT_ID": "x" * 201}),
    ("E022", "EV_ENERGY_CLIENT_SECRET", {"EV_ENERGY_CLIENT_SECRET": "geheim-ß"}),
    ("E022", "EV_ENERGY_CLIENT_SECRET", {"EV_ENERGY_CLIENT_SECRET": "secret "}),
    ("E024", "EV_ENERGY_RESERVED_REQUESTS", {"EV_ENERGY_RESERVED_REQUESTS": -1}),
    ("E024", "EV_ENERGY_STALE_AFTER_HOURS", {"EV_ENERGY_STALE_AFTER_HOURS": 0}),
    ("E024", "EV_ENERGY_RATE_WINDOW_SECONDS", {"EV_ENERGY_RATE_WINDOW_SECONDS": -3600}),
    ("E024", "EV_ENERGY_CONNECT_TIMEOUT_SECONDS", {"EV_ENERGY_CONNECT_TIMEOUT_SECONDS": 0.0}),
    ("E024", "EV_ENERGY_READ_TIMEOUT_SECONDS", {"EV_ENERGY_READ_TIMEOUT_SECONDS": float("nan")}),
    ("E024", "RECONNECT_LINK_LIFETIME_DAYS", {"RECONNECT_LINK_LIFETIME_DAYS": 0}),
    ("E024", "EV_ENERGY_STALE_AFTER_HOURS", {"EV_ENERGY_STALE_AFTER_HOURS": 10**12}),
    ("E024", "MAILS_PER_MINUTE", {"MAILS_PER_MINUTE": 0}),
    ("E024", "MAILS_PER_MINUTE_TO_A_DOMAIN", {"MAILS_PER_MINUTE_TO_A_DOMAIN": -1}),
    ("E024", "RECONNECT_LINK_LIFETIME_DAYS", {"RECONNECT_LINK_LIFETIME_DAYS": 10**9}),
    ("E024", "EV_ENERGY_READ_TIMEOUT_SECONDS", {"EV_ENERGY_READ_TIMEOUT_SECONDS": float("inf")}),
    (
        "E037",
        "CACHE_URL",
        {"CACHES": {"default": {"BACKEND": "django.core.cache.backends.memcached.MemcachedCache"}}},
    ),
    ("E037", "CACHE_URL", {"CACHES": {"default": {"BACKEND": REDIS, "LOCATION": "http://cache"}}}),
    (
        "E039",
        "CONN_MAX_AGE",
        {"DATABASES": {"default": {**settings.DATABASES["default"], "CONN_MAX_AGE": -1}}},
    ),
    ("E030", "CACHE_URL", {"CACHES": {"default": {"BACKEND": LOCAL_CACHE}}}),
    (
        "E030",
        "CACHE_URL",
        {"CACHES": {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}},
    ),
    ("E035", "METRICS_TOKEN", {"METRICS_TOKEN": "guess-me"}),
    ("E070", "OIDC_ISSUER", {**OPENID, "OIDC_ISSUER": "http://login.example.com"}),
    ("E071", "OIDC_CLIENT_ID", {**OPENID, "OIDC_CLIENT_ID": ""}),
    ("E071", "OIDC_CLIENT_SECRET", {**OPENID, "OIDC_CLIENT_SECRET": ""}),
    ("E036", "SENTRY_DSN", {"SENTRY_DSN": "https://sentry.example/42"}),
    ("E031", "DATABASE_URL", {"DATABASES": {"default": {"ENGINE": "django.db.backends.mysql"}}}),
    ("E040", "EMAIL_URL", {"EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend"}),
    ("E040", "EMAIL_URL", {"EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend"}),
    ("E040", "EMAIL_URL", {"EMAIL_BACKEND": "django.core.mail.backends.dummy.EmailBackend"}),
    ("E050", "BRAND_LOGO", {"BRAND_LOGO": "/no/such/file.svg"}),
    ("E050", "BRAND_LOGO", {"BRAND_LOGO": __file__}),
    ("E051", "BRAND_FAVICON", {"BRAND_FAVICON": "/"}),
    ("E052", "BRAND_LOGO_DARK", {"BRAND_LOGO_DARK": "/no/such/file.svg"}),
    ("E042", "DEFAULT_FROM_EMAIL", {"DEFAULT_FROM_EMAIL": "Example Energy"}),
    ("E042", "DEFAULT_FROM_EMAIL", {"DEFAULT_FROM_EMAIL": ""}),
    ("E042", "DEFAULT_FROM_EMAIL", {"DEFAULT_FROM_EMAIL": "Energy: cars <cars@example.com>"}),
    ("E042", "DEFAULT_FROM_EMAIL", {"DEFAULT_FROM_EMAIL": "Energy, cars <cars@example.com>"}),
    ("E042", "DEFAULT_FROM_EMAIL", {"DEFAULT_FROM_EMAIL": "Energy\nBcc: all <cars@example.com>"}),
    ("E042", "DEFAULT_FROM_EMAIL", {"DEFAULT_FROM_EMAIL": "a@example.com, b@example.com"}),
    ("E043", "PORTAL_SUPPORT_EMAIL", {"PORTAL_SUPPORT_EMAIL": "+44 20 7946 0000"}),
]
WARNINGS: list[tuple[str, str, dict[str, Any]]] = [
    ("W023", "EV_ENERGY_TOKEN_URL", {"EV_ENERGY_TOKEN_URL": "https://api-staging.ev.energy/o/token/"}),
    ("W025", "EV_ENERGY_RESERVED_REQUESTS", {"EV_ENERGY_RESERVED_REQUESTS": 1000}),
    ("W014", "SECRET_KEY_FALLBACKS", {"SECRET_KEY_FALLBACKS": [KEY]}),
    ("W016", "HSTS_PRELOAD", {"SECURE_HSTS_PRELOAD": True, "SECURE_HSTS_SECONDS": 3600}),
    ("W041", "EMAIL_URL", {"EMAIL_USE_TLS": False}),
]


@pytest.mark.parametrize("settings_given", [production(), on_this_machine(), on_this_machine(DEBUG=True)])
def test_sound_settings_bring_no_message(settings_given: dict[str, Any]) -> None:
    with override_settings(**settings_given):
        messages = found()

    assert messages == []


@pytest.mark.filterwarnings("ignore:Overriding setting DATABASES")
@pytest.mark.parametrize(("number", "name", "change"), ERRORS)
def test_an_unsafe_setting_is_an_error_that_names_it_and_its_remedy(
    number: str, name: str, change: dict[str, Any]
) -> None:
    with override_settings(**production(**change)):
        messages = found()

    (message,) = [each for each in messages if each.id == f"portal.{number}"]
    assert message.is_serious()
    assert name in message.msg
    assert message.hint


@pytest.mark.filterwarnings("ignore:Overriding setting DATABASES")
@pytest.mark.parametrize(("number", "name", "change"), ERRORS)
def test_an_unsafe_setting_stops_the_web_process(number: str, name: str, change: dict[str, Any]) -> None:
    with override_settings(**production(**change)), pytest.raises(ImproperlyConfigured) as stopped:
        refuse_unsafe_settings()

    assert name in str(stopped.value)


@pytest.mark.parametrize(("number", "name", "change"), WARNINGS)
def test_a_doubtful_setting_is_a_warning_that_lets_the_portal_start(
    number: str, name: str, change: dict[str, Any]
) -> None:
    with override_settings(**production(**change)):
        messages = found()
        refuse_unsafe_settings()

    (message,) = messages
    assert message.id == f"portal.{number}"
    assert name in message.msg
    assert message.hint


@pytest.mark.parametrize("mark", ["DYNO", "RENDER"])
def test_sqlite_on_a_platform_without_shared_files_is_a_warning(
    mark: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(mark, "web.1")
    databases = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"}}

    with override_settings(**production()), override_settings():
        settings.DATABASES = databases
        messages = found()

    assert [message.id for message in messages] == ["portal.W032"]


def test_static_files_that_were_not_collected_are_an_error(tmp_path: Path) -> None:
    storages = {"staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"}}

    with override_settings(
        **production(STATIC_ROOT=str(tmp_path), STORAGES={**settings.STORAGES, **storages})
    ):
        messages = found()

    assert [message.id for message in messages] == ["portal.E034"]


@pytest.mark.django_db
def test_a_migrated_database_with_its_cache_table_is_ready() -> None:
    assert is_ready(None, databases=["default"]) == []


@pytest.mark.django_db
def test_a_database_older_than_the_release_is_an_error() -> None:
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'reconnects'")

    messages = is_ready(None, databases=["default"])

    assert [message.id for message in messages] == ["portal.E051"]


@pytest.mark.django_db
def test_a_missing_cache_table_is_an_error() -> None:
    cache = {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "no_such_table"}

    with override_settings(CACHES={"default": cache}):
        messages = is_ready(None, databases=["default"])

    assert [message.id for message in messages] == ["portal.E052"]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("encoding", "is_named"), [("LATIN1", True), ("UTF8", False)])
def test_a_database_that_cannot_hold_every_name_is_an_error(encoding: str, is_named: bool) -> None:
    name, at = f"portal_{uuid.uuid4().hex[:12]}", connection.settings_dict
    login = ":".join(quote(str(at[part]), safe="") for part in ("USER", "PASSWORD")).rstrip(":")
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name} ENCODING '{encoding}' LOCALE 'C' TEMPLATE template0")
        try:
            ended = python(
                *("manage.py", "check", "--deploy", "--database", "default", "--tag", "database"),
                DATABASE_URL=f"postgres://{login}@{at['HOST']}:{at['PORT'] or 5432}/{name}",
            )
        finally:
            cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")

    assert ended.returncode == 1
    assert "portal.E051" in ended.stderr
    assert ("portal.E055" in ended.stderr) is is_named


# What is read from the environment


@pytest.fixture
def env(tmp_path: Path) -> Iterator[Environment]:
    file = tmp_path / ".env"
    file.write_text(
        "ONBOARDING_EMPTY=\nONBOARDING_SWITCH=treu\nONBOARDING_COUNT=many\nONBOARDING_WORD=loud\n"
    )
    before = dict(os.environ)
    yield Environment(file=file)
    os.environ.clear()
    os.environ.update(before)


def test_an_empty_line_means_the_default(env: Environment) -> None:
    assert env.whole_number("ONBOARDING_EMPTY", default=48) == 48
    assert env.yes_or_no("ONBOARDING_EMPTY", default=True) is True
    assert env.str("ONBOARDING_EMPTY", default="given") == "given"


@pytest.mark.parametrize(
    ("read", "name"),
    [
        (lambda env, name: env.yes_or_no(name, default=True), "ONBOARDING_SWITCH"),
        (lambda env, name: env.whole_number(name, default=1), "ONBOARDING_COUNT"),
        (lambda env, name: env.number(name, default=1.0), "ONBOARDING_COUNT"),
        (lambda env, name: env.one_of(name, ["json", "plain"], default="json"), "ONBOARDING_WORD"),
    ],
)
def test_a_word_that_is_not_understood_stops_the_start_with_the_settings_name(
    env: Environment, read: Any, name: str
) -> None:
    read(env, name)

    with pytest.raises(ImproperlyConfigured, match=name):
        env.refuse_if_wrong()


# Whole processes, as a platform starts them

DEPLOYED = {
    "SECRET_KEY": KEY,
    "PORTAL_URL": "https://cars.example.com",
    "EV_ENERGY_API_URL": "https://api.ev.energy/v2",
    "EV_ENERGY_TOKEN_URL": "https://api.ev.energy/o/token/",
    "EV_ENERGY_CLIENT_ID": "client",
    "EV_ENERGY_CLIENT_SECRET": "client-secret",
    "DATABASE_URL": "postgres://portal:password@localhost:1/portal",
    "EMAIL_URL": "smtp+tls://user:password@smtp.example.com:587",
}


def python(*arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
    environ = {"PATH": os.environ["PATH"], **DEPLOYED, **changes}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=settings.BASE_DIR,
        env=environ,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


@pytest.fixture(scope="module")
def static_root(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("static")
    (folder / "staticfiles.json").write_text(
        '{"paths": {"portal.css": "portal.css"}, "version": "1.1", "hash": ""}'
    )
    return str(folder)


def test_check_deploy_is_clean_under_a_platforms_settings(static_root: str) -> None:
    ended = python("manage.py", "check", "--deploy", "--fail-level", "WARNING", STATIC_ROOT=static_root)

    assert ended.returncode == 0, ended.stderr
    assert "no issues" in ended.stdout


def test_gunicorns_application_does_not_load_with_unsafe_settings(static_root: str) -> None:
    ended = python("-c", "import onboarding_portal.wsgi", STATIC_ROOT=static_root, ALLOWED_HOSTS="*")

    assert ended.returncode != 0
    assert "ALLOWED_HOSTS has *" in ended.stderr
    assert "Leave ALLOWED_HOSTS empty" in ended.stderr


def test_a_worker_does_not_start_with_unsafe_settings(static_root: str) -> None:
    ended = python("manage.py", "db_worker", STATIC_ROOT=static_root, EMAIL_URL="consolemail://")

    assert ended.returncode != 0
    assert "EMAIL_URL" in ended.stderr
