"""The image is not root's and starts what the Procfile starts; compose.yaml is for trying, and says so."""

import fnmatch
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.image import ROOT, dockerfile, environment_of, last, services, stage, unpack_image

PROCFILE = dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines())
PORTAL = ["release", "web", "worker", "clock"]


def test_the_linter_has_no_complaint() -> None:
    linter = Path(sys.executable).parent / "hadolint"
    done = subprocess.run([linter, ROOT / "Dockerfile"], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (0, "")


def test_the_image_starts_the_web_process_of_the_procfile() -> None:
    command = last(stage("portal"), "CMD").command

    # The image's root cannot be written to, and gunicorn's sign of life must not wait for a disk.
    assert command == [*shlex.split(PROCFILE["web"]), "--worker-tmp-dir", "/dev/shm"]  # noqa: S108  a memory of the container's own


@pytest.mark.parametrize("name", ["portal", "sandbox"])
def test_the_image_is_not_roots_and_installs_by_hash(name: str) -> None:
    assert last(stage(name), "USER").value == "10001"
    assert all("--require-hashes" in each.value for each in dockerfile() if "pip install" in each.value)


def test_the_portal_is_what_is_built_if_nobody_says_what() -> None:
    assert dockerfile()[-1] == stage("portal")[-1]


def test_nothing_of_a_developer_gets_into_the_image() -> None:
    rules = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
    let_in = {rule.removeprefix("!") for rule in rules if rule.startswith("!")}
    copied = {
        each.value.split(" ")[0]
        for each in dockerfile()
        if each.name == "COPY" and "--from" not in each.value
    }

    assert rules[0] == "*"
    assert let_in == copied
    assert not [
        name for name in (".env", ".git", "tests", "db.sqlite3") if fnmatch.filter(let_in, f"{name}*")
    ]


@pytest.mark.parametrize("name", PORTAL)
def test_a_service_is_started_as_the_procfile_starts_it(name: str) -> None:
    command = services()[name].get("command", PROCFILE["web"])

    assert " ".join(PROCFILE[name].split()) in " ".join(command.split())


@pytest.mark.parametrize("name", [*PORTAL, "sandbox"])
def test_a_service_of_ours_writes_to_no_root_and_may_do_little(name: str) -> None:
    service = services()[name]

    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]


def test_nobody_else_on_the_network_reaches_what_is_for_trying() -> None:
    ports = [port for service in services().values() for port in service.get("ports", [])]

    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The image's files, but for the collected ones."""
    folder = tmp_path_factory.mktemp("image")
    unpack_image(folder)
    return folder


def manage(*arguments: str, tree: Path, service: str) -> subprocess.CompletedProcess[str]:
    given = {**environment_of(stage("portal")), **services()[service]["environment"]}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=tree,
        env={**given, "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_services_start_with_their_settings(tree: Path) -> None:
    collected = manage("collectstatic", "--noinput", tree=tree, service="web")
    checked = manage("check", "--deploy", tree=tree, service="release")

    assert (collected.returncode, checked.returncode) == (0, 0), collected.stderr + checked.stderr
    assert not re.search(r"portal\.[EW]", checked.stderr), checked.stderr
    of_staff = {"DJANGO_SUPERUSER_EMAIL", "DJANGO_SUPERUSER_PASSWORD"}
    released = services()["release"]["environment"]
    assert all(
        services()[name]["environment"] == {key: released[key] for key in released.keys() - of_staff}
        for name in ("web", "worker", "clock")
    )
