"""What platforms read (Procfile, app.json, .env.example) and the guide say what the code does."""

import json
import re
from datetime import timedelta

import pytest
from django.conf import settings

from onboarding_portal.operations.purge import RULES, Rule

ROOT = settings.BASE_DIR
GUIDE = (ROOT / "docs/deploy.md").read_text()
PROCESSES = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines())


def settings_read() -> set[str]:
    source = (ROOT / "onboarding_portal/settings.py").read_text()
    return set(re.findall(r"env\.\w+\(\s*\"([A-Z_]+)\"", source))


def test_the_procfile_starts_web_worker_and_clock_after_a_release() -> None:
    assert list(PROCESSES) == ["release", "web", "worker", "clock"]


def test_env_example_has_a_line_with_a_word_about_each_setting() -> None:
    lines = (ROOT / ".env.example").read_text().splitlines()
    named = [line.partition("=")[0] for line in lines if re.match(r"[A-Z_]+=", line)]

    assert set(named) == settings_read()
    assert len(named) == len(set(named))


def test_app_json_describes_each_setting() -> None:
    described = json.loads((ROOT / "app.json").read_text())["env"]

    assert set(described) == settings_read()
    assert all(entry["description"] for entry in described.values())


@pytest.mark.parametrize("name", ["release", "web"])
def test_the_guide_starts_what_the_procfile_starts(name: str) -> None:
    assert PROCESSES[name] in GUIDE


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_the_guide_states_when_each_kind_of_row_is_removed(rule: Rule) -> None:
    time = f"{rule.after.days} days" if rule.after > timedelta(0) else "at once"

    assert re.search(rf"\| {rule.name}[^|]*\| {time} \|", GUIDE)
