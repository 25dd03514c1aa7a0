"""A command that cannot do its work ends with one line and its remedy, and a mistake of ours with its traceback."""

import subprocess
import sys
from pathlib import Path

import pytest
import redis
from django.conf import settings
from django.core.cache.backends.redis import RedisCache
from django.core.checks import run_checks
from django.db import OperationalError
from pytest_django import Settings

from onboarding_portal.operations.one_line import in_one_line

PASSWORD = "Tr0ub4dor-and-3"
AWAY = f"postgres://portal:{PASSWORD}@127.0.0.1:1/portal"


@pytest.mark.parametrize(
    ("command", "changes", "setting"),
    [
        ("migrate", {"DATABASE_URL": AWAY}, "DATABASE_URL"),
        ("createcachetable", {"DATABASE_URL": "sqlite:////nowhere/portal.sqlite3"}, "DATABASE_URL"),
        ("collectstatic --noinput", {"STATIC_ROOT": "/dev/null/static"}, "STATIC_ROOT"),
    ],
)
def test_command_without_what_it_needs_says_so_in_one_line(
    command: str, changes: dict[str, str], setting: str, tmp_path: Path
) -> None:
    ended = subprocess.run(
        [sys.executable, "manage.py", *command.split()],
        cwd=settings.BASE_DIR,
        env={
            "SECRET_KEY": "Zx9-Qw8_Er7-Ty6_Ui5-Op4_As3-Df2_Gh1-Jk0_Lz9-Xc8_Vb7-Nm6",
            "PORTAL_URL": "http://127.0.0.1:8000",
            "EV_ENERGY_API_URL": "https://api.ev.energy/v2",
            "EV_ENERGY_TOKEN_URL": "https://api.ev.energy/o/token/",
            "EV_ENERGY_CLIENT_ID": "client",
            "EV_ENERGY_CLIENT_SECRET": "client-secret",
            "DATABASE_URL": f"sqlite:///{tmp_path}/db.sqlite3",
            **changes,
        },
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 1
    (line,) = [line for line in ended.stderr.splitlines() if line]
    assert line.startswith(f"{setting}: ")
    assert "Check " in line or "Set " in line
    assert PASSWORD not in line


@pytest.mark.parametrize("error", [KeyError("x"), PermissionError(13, "Permission denied"), ValueError("x")])
def test_a_mistake_of_ours_keeps_its_traceback(error: Exception) -> None:
    assert in_one_line(error, argv=["manage.py", "migrate"]) == ""


def test_the_line_has_no_address_in_it() -> None:
    line = in_one_line(OperationalError("Key (email)=(jo@example.com) is away"), argv=["manage.py", "x"])

    assert "jo@example.com" not in line


def test_cache_that_cannot_be_reached_fails_the_release_check_and_no_start(settings: Settings) -> None:
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:1",
        }
    }

    (found,) = run_checks(tags=["caches"], include_deployment_checks=True)

    assert found.id == "portal.E056"
    assert "CACHE_URL" in str(found)
    assert not [each for each in run_checks() if each.id == "portal.E056"]


def test_cache_that_refuses_what_is_written_fails_the_release_check(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:1",
        }
    }

    def refuse(*_: object, **__: object) -> None:
        raise redis.ReadOnlyError("You can't write against a read only replica.")

    monkeypatch.setattr(RedisCache, "set", refuse)

    assert [each.id for each in run_checks(tags=["caches"], include_deployment_checks=True)] == [
        "portal.E056"
    ]


def test_cache_that_answers_passes_the_release_check(settings: Settings) -> None:
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

    assert run_checks(tags=["caches"], include_deployment_checks=True) == []
