"""docs/architecture.md tells the truth about where things are."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "onboarding_portal"
TEXT = (ROOT / "docs/architecture.md").read_text()
ROOMS = sorted(folder.name for folder in PACKAGE.iterdir() if (folder / "__init__.py").exists())
INNER_ROOMS = sorted(
    f"reconnects/{folder.name}"
    for folder in (PACKAGE / "reconnects").iterdir()
    if (folder / "__init__.py").exists() and folder.name not in {"migrations", "templatetags"}
)
NAMED = sorted(set(re.findall(r"`((?:[\w.]+/)*(?:[\w.]+\.(?:py|md|toml|example)|(?<=/)))`", TEXT)))


@pytest.mark.parametrize("name", NAMED)
def test_every_file_and_folder_it_names_exists(name: str) -> None:
    assert (PACKAGE / name).exists() or (ROOT / name).exists()


def test_it_names_files_at_all() -> None:
    assert len(NAMED) > 50


@pytest.mark.parametrize("room", [*ROOMS, *INNER_ROOMS])
def test_every_room_is_told_of(room: str) -> None:
    assert f"`{room}/`" in TEXT


def test_the_import_contract_names_every_room() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = {name.strip() for line in contracts[0]["layers"] for name in line.split("|")}
    assert layers == {f"onboarding_portal.{room}" for room in ROOMS if room != "sandbox"}
    inner = next(one for one in contracts if one.get("containers") == ["onboarding_portal.reconnects"])
    named = {f"reconnects/{name.strip()}" for line in inner["layers"] for name in line.split("|")}
    assert set(INNER_ROOMS) <= named
    apart = next(one for one in contracts if one["name"] == "The sandbox stands alone")
    others = {f"onboarding_portal.{room}" for room in ROOMS if room != "sandbox"}
    assert set(apart["forbidden_modules"]) >= others
