"""The Procfile's processes themselves, with settings that must not run: a line for each problem, and no traceback."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from tests.operations.test_checks import DEPLOYED

PROCFILE = dict(line.split(": ", 1) for line in (settings.BASE_DIR / "Procfile").read_text().splitlines())
# An address of this machine at which nobody listens; it does not look like one of this machine.
NOBODY = "https://0.0.0.0:1"
UNSAFE = {
    "unreadable": (
        {"SECRET_KEY": "$", "DATABASE_URL": "postgres://portal:Tr0ub/4dor@db/portal", "DEBUG": "treu"},
        ["DATABASE_URL cannot be read", "DEBUG is neither true nor false"],
    ),
    "unsafe": (
        {"ALLOWED_HOSTS": "*", "DEFAULT_FROM_EMAIL": "Energy: cars <cars@example.com>"},
        ["ALLOWED_HOSTS has *", "DEFAULT_FROM_EMAIL is not an address"],
    ),
    "ownership": (
        {
            "EV_ENERGY_VERIFY_OWNERSHIP": "false",
            "EV_ENERGY_API_URL": f"{NOBODY}/v2",
            "EV_ENERGY_TOKEN_URL": f"{NOBODY}/o/token/",
        },
        ["EV_ENERGY_VERIFY_OWNERSHIP is off"],
    ),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "staticfiles.json").write_text('{"paths": {"portal.css": "portal.css"}, "version": "1.1"}')
    return tmp_path


@pytest.mark.parametrize("why", UNSAFE)
@pytest.mark.parametrize("process", ["web", "worker", "clock"])
def test_a_process_does_not_start_and_says_why(process: str, why: str, folder: Path) -> None:
    changes, said = UNSAFE[why]
    here = {"STATIC_ROOT": str(folder), "DATABASE_URL": f"sqlite:///{folder}/db.sqlite3"}
    ended = run(PROCFILE[process], **{**here, **changes})

    told = ended.stdout + ended.stderr
    assert ended.returncode != 0
    assert "Traceback" not in told
    assert "4dor" not in told
    for problem in said:
        (line,) = [line for line in told.splitlines() if problem in line]
        assert " Set " in line or " Leave " in line


def test_the_release_command_takes_what_is_a_warning_alone(folder: Path) -> None:
    check = PROCFILE["release"].split(" && ")[-1].replace("--database default", "")
    weak_mail = "smtp://user:password@smtp.example.com:25"

    ended = run(check, STATIC_ROOT=str(folder), EMAIL_URL=weak_mail)

    assert ended.returncode == 0, ended.stderr
    assert "EMAIL_URL sends without encryption" in ended.stderr


def run(command: str, **changes: str) -> subprocess.CompletedProcess[str]:
    words = shlex.split(command)
    if words[0] == "gunicorn":
        words[:1] = [str(Path(sys.executable).with_name("gunicorn")), "--bind", "127.0.0.1:0"]
    else:
        words[0] = sys.executable
    return subprocess.run(
        words,
        cwd=settings.BASE_DIR,
        env={"PATH": os.environ["PATH"], **DEPLOYED, **changes},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
