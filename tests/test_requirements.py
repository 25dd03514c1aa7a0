"""The locked requirements are those of pyproject.toml, each with its hashes. `.ci/lock` makes them anew."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
RUNTIME = [Requirement(line) for line in PROJECT["dependencies"]]
EXTRAS = PROJECT["optional-dependencies"]
DEMO = [*RUNTIME, *map(Requirement, EXTRAS["demo"])]
TEST = [*RUNTIME, *map(Requirement, EXTRAS["test"])]
FILES = {"requirements.txt": RUNTIME, "requirements-demo.txt": DEMO, "requirements-test.txt": TEST}


def locked(name: str) -> dict[str, str]:
    """The text that stands in the file for each package: its version, hashes, and who asks for it."""
    parts = re.split(r"^(?=\w)", (ROOT / name).read_text(), flags=re.MULTILINE)[1:]
    return {part.partition("==")[0]: part for part in parts}


def version(part: str) -> str:
    return re.split(r"[\s;]", part.partition("==")[2], maxsplit=1)[0]


@pytest.mark.parametrize("name", FILES)
def test_each_requirement_has_a_hash(name: str) -> None:
    assert [package for package, part in locked(name).items() if "--hash=sha256:" not in part] == []


@pytest.mark.parametrize(("name", "asked"), FILES.items())
def test_locked_requirements_are_those_of_the_project(name: str, asked: list[Requirement]) -> None:
    found = locked(name)

    assert {
        canonicalize_name(package.partition("[")[0])
        for package, part in found.items()
        if "onboarding-portal (pyproject.toml)" in part
    } == {canonicalize_name(each.name) for each in asked}
    for each in asked:
        assert version(found[canonicalize_name(each.name)]) in each.specifier, f"{each}: run .ci/lock"


@pytest.mark.parametrize("name", ["requirements-demo.txt", "requirements-test.txt"])
def test_what_is_shown_and_tested_is_what_is_deployed(name: str) -> None:
    tested = locked(name)

    for package, part in locked("requirements.txt").items():
        assert version(tested[package]) == version(part)
