"""What platforms read (Procfile, app.json, .env.example) and the guide say what the code does."""

import json
import re
import runpy
from datetime import timedelta
from functools import cache
from typing import Any

import pytest
from django.conf import settings

from onboarding_portal import gunicorn_config
from onboarding_portal.operations.clock.purge_rules import RULES, Rule
from onboarding_portal.web_server import limits

ROOT = settings.BASE_DIR
GUIDE = (ROOT / "docs/deploy.md").read_text()
# Without a default of their own; .env.example has an example, or nothing, in their place.
NEEDED = {
    "SECRET_KEY": "x" * 50,
    "PORTAL_URL": "https://cars.example.com",
    "EV_ENERGY_API_URL": "https://api.ev.energy/v2",
    "EV_ENERGY_TOKEN_URL": "https://api.ev.energy/o/token/",
    "EV_ENERGY_CLIENT_ID": "client",
    "EV_ENERGY_CLIENT_SECRET": "client-secret",
}
PROCESSES = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines())


class Noting(dict[str, str]):
    """An environment that notes what it was asked for."""

    def __init__(self, values: dict[str, str]) -> None:
        super().__init__(values)
        self.asked: set[str] = set()

    def get(self, name: str, default: Any = None) -> Any:
        self.asked.add(name)
        return super().get(name, default)

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        return super().__getitem__(name)


@cache
def settings_read() -> set[str]:
    noting = Noting(NEEDED)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("onboarding_portal.environment.variables", lambda: noting)
        runpy.run_path(str(ROOT / "onboarding_portal/settings.py"))
    return noting.asked


def _assignments() -> list[str]:
    lines = (ROOT / ".env.example").read_text().splitlines()
    return [line for line in lines if re.match(r"[A-Z_]+=", line)]


def _settings_with(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]) -> dict[str, Any]:
    """Returns what the settings module makes of an environment. An empty variable keeps a developer's .env out."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    values = runpy.run_path(str(ROOT / "onboarding_portal/settings.py"))
    return {name: value for name, value in values.items() if name.isupper()}


def test_the_procfile_starts_web_worker_and_clock_after_a_release() -> None:
    assert list(PROCESSES) == ["release", "web", "worker", "clock"]


def test_env_example_has_a_line_with_a_word_about_each_setting() -> None:
    named = [line.partition("=")[0] for line in _assignments()]

    assert set(named) == settings_read()
    assert len(named) == len(set(named))


def test_env_example_shows_the_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    with_defaults = _settings_with(monkeypatch, dict.fromkeys(settings_read(), "") | NEEDED)
    shown = dict(line.split("=", 1) for line in _assignments())

    assert _settings_with(monkeypatch, shown | NEEDED) == with_defaults


def test_app_json_has_the_values_of_env_example() -> None:
    described = json.loads((ROOT / "app.json").read_text())["env"]
    shown = dict(line.split("=", 1) for line in _assignments())
    values = {name: entry["value"] for name, entry in described.items() if "value" in entry}

    assert values == {name: shown[name] for name in values}


def test_the_readme_names_settings_that_exist() -> None:
    table = (ROOT / "README.md").read_text().partition("## Settings")[2]
    named = {
        name
        for row in re.findall(r"^\| (`.+?) \|", table, re.MULTILINE)
        for name in re.findall(r"`(\w+)`", row)
    }

    assert len(named) > 10
    assert named <= settings_read()


def test_app_json_describes_each_setting() -> None:
    described = json.loads((ROOT / "app.json").read_text())["env"]

    assert set(described) == settings_read()
    assert all(entry["description"] for entry in described.values())


@pytest.mark.parametrize("name", ["release", "web"])
def test_the_guide_starts_what_the_procfile_starts(name: str) -> None:
    assert PROCESSES[name] in GUIDE


@pytest.mark.parametrize(
    "limit",
    [
        f"| {limits.REQUEST_SECONDS:.0f} seconds |",
        f"| {gunicorn_config.keepalive} seconds (`--keep-alive`) |",
        f"| {limits.SLOWEST_ANSWER_BYTES_PER_SECOND} bytes a second, looked at every {limits.ANSWER_SECONDS:.0f} s",
        f"| {limits.MOST_CONNECTIONS}: those",
        f"| {limits.LARGEST_HEAD_BYTES // 1024} kB: 431 |",
        f"| {limits.LARGEST_BODY_BYTES // 1024} kB: 413",
        f"| {settings.DATA_UPLOAD_MAX_NUMBER_FIELDS}: 400 |",
    ],
)
def test_the_guide_states_what_a_visitor_may_do(limit: str) -> None:
    assert limit in GUIDE


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_the_guide_states_when_each_kind_of_row_is_removed(rule: Rule) -> None:
    time = f"{rule.after.days} days" if rule.after > timedelta(0) else "at once"

    assert re.search(rf"\| {rule.name} \|[^|]*\| {time} \|", GUIDE)
