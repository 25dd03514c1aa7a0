"""Every setting with every oddity, by variable and by file: it works, or one line names it and the remedy."""

import json
import os
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import pytest
from django.conf import settings
from django.core.checks import run_checks
from django.test import override_settings

from onboarding_portal.environment import Environment, SettingsRefused
from tests.operations.setting_rows import COLUMNS, HOST, ROWS, SECRET, Row, Values

pytestmark = pytest.mark.filterwarnings("ignore:Overriding setting DATABASES")

MODULE = settings.BASE_DIR / "onboarding_portal/settings.py"
CODE = compile(MODULE.read_text(), MODULE, "exec")  # once: it is run two thousand times
EXAMPLE = (settings.BASE_DIR / ".env.example").read_text()
NAMES = [line.partition("=")[0] for line in EXAMPLE.splitlines() if re.match(r"[A-Z_]+=", line)]
REMEDY = re.compile(r"\b(Set|Leave|Make|Use|Run|Correct|Choose) ")
KEY = "Zx9-Qw8_Er7-Ty6_Ui5-Op4_As3-Df2_Gh1-Jk0_Lz9-Xc8_Vb7-Nm6"
SHORTEST_LEAK = 6


@pytest.fixture(scope="module")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a sound deployment."""
    static = tmp_path_factory.mktemp("static")
    (static / "staticfiles.json").write_text(json.dumps({"paths": {"portal.css": "portal.css"}}))
    return {
        "SECRET_KEY": KEY,
        "PORTAL_URL": f"https://{HOST}",
        "EV_ENERGY_API_URL": "https://api.ev.energy/v2",
        "EV_ENERGY_TOKEN_URL": "https://api.ev.energy/o/token/",
        "EV_ENERGY_CLIENT_ID": "client",
        "EV_ENERGY_CLIENT_SECRET": "client-secret",
        "DATABASE_URL": "postgres://portal@db.example.com/portal",
        "EMAIL_URL": "smtp+tls://user:word@smtp.example.com:587",
        "STATIC_ROOT": str(static),
    }


def loaded(environment: dict[str, str], file: Path) -> tuple[Values, list[str]]:
    """What the settings module holds, and the lines a start would end with."""
    real = Environment.__init__
    with (
        patch.dict(os.environ, environment, clear=True),
        patch.object(Environment, "__init__", lambda self, *, file: real(self, file=FILE[0])),
    ):
        FILE[0] = file
        try:
            found: Values = {"__name__": "settings", "__file__": str(MODULE)}
            exec(CODE, found)  # noqa: S102  our own source
        except SettingsRefused as refusal:
            return {}, str(refusal).splitlines()
    values = {name: value for name, value in found.items() if name.isupper()}
    return values, checked(values)


FILE = [Path()]


def checked(values: Values) -> list[str]:
    unlike = {name: value for name, value in values.items() if getattr(settings, name, None) != value}
    unlike.pop("LOGGING", None)
    with override_settings(**unlike):
        found = run_checks(tags=["portal"], include_deployment_checks=True)
    return [str(message) for message in found if message.is_serious()]


def judge(row: Row | None, name: str, raw: str | None, outcome: tuple[Values, list[str]]) -> str:
    """What stands in the cell. Fails if it is neither right nor told."""
    values, lines = outcome
    if lines:
        (line,) = lines
        assert name in line
        assert REMEDY.search(line)
        for secret in (SECRET, SECRET[::-1], KEY):
            parts = {secret[at : at + SHORTEST_LEAK] for at in range(len(secret) - SHORTEST_LEAK)}
            assert not [part for part in parts if part in line]
        return "told"
    if row is not None and raw:
        assert row.effect(values) == row.meant(raw)
    return "works"


def by_variable(deployment: dict[str, str], name: str, raw: str, tmp_path: Path) -> tuple[Values, list[str]]:
    return loaded({**deployment, name: raw}, tmp_path / "none.env")


def by_file(deployment: dict[str, str], name: str, raw: str, tmp_path: Path) -> tuple[Values, list[str]]:
    file = tmp_path / ".env"
    file.write_bytes(f"# A comment\n\n{name}={raw}\n".encode(errors="surrogateescape"))
    return loaded({other: value for other, value in deployment.items() if other != name}, file)


@pytest.mark.parametrize("name", NAMES)
def test_a_setting_works_or_one_line_names_it(
    name: str, deployment: dict[str, str], tmp_path: Path, table_cell: Callable[..., None]
) -> None:
    row = ROWS.get(name)
    if row and name == "STATIC_ROOT":  # a folder that is there
        row = replace(row, sound=deployment[name])
    cells: dict[str, str] = {}
    for column in COLUMNS:
        raw = row.raw(column) if row else COLUMNS[column]("1")
        ways = {}
        for way in (by_variable, by_file):
            try:
                ways[way.__name__] = judge(row, name, raw, way(deployment, name, raw, tmp_path))
            except Exception as error:
                error.add_note(f"{name}, {column}, {way.__name__}")
                raise
        cells[column] = " / ".join(sorted(set(ways.values())))
    for column, says in cells.items():
        table_cell("Settings", row=name, column=column, says=says)


def test_the_table_has_no_row_for_a_setting_that_is_gone() -> None:
    assert set(ROWS) <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_setting_is_as_an_empty_one(name: str, deployment: dict[str, str], tmp_path: Path) -> None:
    without = {other: value for other, value in deployment.items() if other != name}
    _, missing = loaded(without, tmp_path / "none.env")
    _, empty = loaded({**without, name: " "}, tmp_path / "none.env")

    assert missing == empty
    assert len(missing) <= 1
    assert all(name in line for line in missing)


def test_all_that_is_wrong_is_told_at_once(deployment: dict[str, str], tmp_path: Path) -> None:
    wrong = {
        **deployment,
        "SECRET_KEY": "",
        "DEBUG": "treu",
        "CONN_MAX_AGE": "long",
        "TIME_ZONE": "Mars/Phobos",
    }

    _, lines = loaded(wrong, tmp_path / "none.env")

    assert [line.split()[0] for line in lines] == ["Set", "DEBUG", "CONN_MAX_AGE", "TIME_ZONE"]
