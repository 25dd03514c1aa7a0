"""The alarms in the repository ring for what the portal tells, and each says what to do."""

import re
import shutil
import subprocess
from typing import Any

import pytest
import yaml
from django.conf import settings

from onboarding_portal.operations.metrics.endpoint import exposition
from tests.operations.metrics.reading import parse

ROOT = settings.BASE_DIR
RULES_FILE = ROOT / "onboarding_portal/operations/metrics/alerts.yml"
STORIES_FILE = ROOT / "tests/operations/metrics/alerts_test.yml"
RULES: list[dict[str, Any]] = yaml.safe_load(RULES_FILE.read_text())["groups"][0]["rules"]
RUNBOOK = (ROOT / "docs/runbook.md").read_text()
SELECTOR = re.compile(r"(portal_\w+)(?:\{(.*?)\})?")


@pytest.mark.django_db
def test_every_metric_of_a_rule_is_exported_with_its_labels() -> None:
    text = exposition().decode()
    families = set(re.findall(r"^# TYPE (\S+)", text, re.MULTILINE))
    labels: dict[str, set[str]] = {}
    for name, pairs in parse(text):
        labels.setdefault(name, set()).update(label for label, _ in pairs)

    used = [found for rule in RULES for found in SELECTOR.findall(rule["expr"])]
    assert len(used) > 10
    for name, selector in used:
        assert name.removesuffix("_bucket") in families
        # A counter nobody has counted yet tells no labels; those are in the tests of what is counted.
        if name in labels:
            assert set(re.findall(r"(\w+)[=!]", selector)) <= labels[name]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_each_alarm_says_what_to_do_and_leads_to_its_place_in_the_runbook(rule: dict[str, Any]) -> None:
    assert rule["annotations"]["do"].endswith(".")
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert rule["annotations"]["runbook"] == f"docs/runbook.md#{rule['alert'].lower()}"
    part = RUNBOOK.partition(f"\n## {rule['alert']}\n")[2].partition("\n## ")[0]
    assert "**Means.**" in part
    assert "**Do.**" in part


def test_the_runbook_knows_no_other_alarms() -> None:
    assert re.findall(r"^## (Portal\w+)$", RUNBOOK, re.MULTILINE) == [rule["alert"] for rule in RULES]


def test_each_alarm_has_a_story_in_which_it_rings() -> None:
    stories = yaml.safe_load(STORIES_FILE.read_text())["tests"]
    rings = {
        expected["alertname"]
        for story in stories
        for expected in story["alert_rule_test"]
        if expected["exp_alerts"]
    }

    assert rings == {rule["alert"] for rule in RULES}


def test_the_stories_come_true() -> None:
    promtool = shutil.which("promtool")
    if not promtool:
        pytest.skip("Needs promtool (Debian's package prometheus).")
    done = subprocess.run(
        [promtool, "test", "rules", str(STORIES_FILE)], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout + done.stderr
