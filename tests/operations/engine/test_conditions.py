"""The portal's own alarms and those for Prometheus say the same, with the same figures."""

import re
from datetime import timedelta
from typing import Any

import pytest
import yaml

from onboarding_portal.operations.engine import findings as table
from onboarding_portal.operations.engine.conditions import CONDITIONS, NOT_KNOWN_HERE, Condition
from onboarding_portal.operations.engine.samples import FAILED_CALLS, SLOW_SECONDS
from tests.operations.metrics.test_alerts import RULES_FILE

RULES: dict[str, dict[str, Any]] = {
    rule["alert"]: rule for rule in yaml.safe_load(RULES_FILE.read_text())["groups"][0]["rules"]
}
# What a rule for Prometheus must hold, as the table of conditions has it.
FIGURES: dict[str, list[object]] = {
    "PortalPagesFail": [table.FIVE_MINUTES, table.PAGES_FAIL_SHARE, table.PAGES_FAIL_MOST],
    "PortalPagesSlow": [table.TEN_MINUTES, float(SLOW_SECONDS), 1 - table.PAGES_SLOW_SHARE],
    "PortalQueueLate": [table.QUEUE_LATE_AFTER.total_seconds()],
    "PortalRegularWorkLate": [
        table.JOB_FAILURES,
        table.JOB_LATE_AFTER.total_seconds(),
        table.READING_LATE_AFTER.total_seconds(),
    ],
    "PortalEvEnergyFails": [table.TEN_MINUTES, table.CALLS_FAIL_SHARE, table.CALLS_FAIL_MOST],
    "PortalBudgetShort": [table.QUARTER, table.BUDGET_LEAST_SHARE],
    "PortalMailsRefused": [table.QUARTER, table.MAILS_REFUSED_SHARE, table.MAILS_REFUSED_MOST],
    "PortalEventsNotTaken": [table.EVENTS_LATE_AFTER.total_seconds()],
}


def test_both_know_the_same_alarms_in_the_same_order() -> None:
    assert [condition.name for condition in CONDITIONS] == [
        name for name in RULES if name not in NOT_KNOWN_HERE
    ]
    assert RULES.keys() >= NOT_KNOWN_HERE


@pytest.mark.parametrize("condition", CONDITIONS, ids=lambda condition: condition.name)
def test_both_use_the_same_words(condition: Condition) -> None:
    told = RULES[condition.name]["annotations"]

    assert condition.in_words("{{ $labels.kind }}") == told["summary"]
    assert (str(condition.do), condition.runbook) == (told["do"], told["runbook"])


@pytest.mark.parametrize("name", FIGURES)
def test_both_have_the_same_figures(name: str) -> None:
    rule = RULES[name]["expr"]
    numbers = {float(number) for number in re.findall(r"(?<![\w.])\d+(?:\.\d+)?(?![\w.])", rule)}
    lengths = {timedelta(minutes=int(minutes)) for minutes in re.findall(r"\[(\d+)m\]", rule)}

    for figure in FIGURES[name]:
        assert figure in (lengths if isinstance(figure, timedelta) else numbers)


def test_both_take_the_same_calls_for_failed() -> None:
    (named,) = set(re.findall(r'outcome=~"([\w|]+)"', RULES["PortalEvEnergyFails"]["expr"]))

    assert set(named.split("|")) == FAILED_CALLS
