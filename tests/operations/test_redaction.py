"""One filter keeps addresses, tokens, codes and links out of all that is logged."""

import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from onboarding_portal.operations.logs.config import is_server, logging_config
from onboarding_portal.operations.logs.filter import RedactSecrets, secret_values
from onboarding_portal.redaction import redact
from tests.log_check import collected, leaks

logger = logging.getLogger("test.redaction")
TOKEN = "q7Zx0dY3mS1vK8tR5nB2gL6hJ9wP4cF-aE_uI0oXyZk"

SECRETS = [
    ("User anna.berg+ev@mail.example.com signed in", "anna.berg"),
    ("GET /users?email=anna%40example.com HTTP/1.1", "anna"),
    ("Key (email)=(anna@example.com) already exists.", "anna"),
    ("Authorization: Bearer Zk3xR8", "Zk3xR8"),
    ("Authorization: Basic cG9ydGFsOnNlY3JldA==", "cG9ydGFs"),
    ('{"access_token": "abcdef1234", "expires_in": 36000}', "abcdef1234"),
    ("client_secret=hunter22&grant_type=x", "hunter22"),
    ("password: correct-horse", "correct-horse"),
    ("Your code is BCDFGH.", "BCDFGH"),
    ("code=bcdfgh", "bcdfgh"),
    (f"Not Found: /reconnect/{TOKEN}/", TOKEN),
    ("Not Found: /reconnect/short/", "short"),
    ("Gone: /invite/short", "short"),
    ("/reminders/short/stop/", "short"),
    ("/reminders/7:short/stop/", "short"),
    ("Not Found: /connect/return/0b9c2a86-4a7e-4a52-9d0e-5b8f6b1d2c3e/", "0b9c2a86"),
    ("sent to https://app.ev.energy/vehicle-onboarding/start/56091b3b-86e9", "56091b3b"),
    ("https://maker.example/reconnect?state=abc", "abc"),
    (f"unlabelled {TOKEN} in a line", TOKEN),
    ("postgres://portal:hunter22@db.example.com:5432/portal", "hunter22"),
]


@pytest.mark.parametrize(("text", "secret"), SECRETS)
def test_a_secret_is_removed_from_a_text(text: str, secret: str) -> None:
    assert secret not in redact(text)


@pytest.mark.parametrize(
    "text",
    [
        "ev.energy get_vehicle: ok",
        "GET /vehicles/vhcl01HNARS42AVJN9QWQF6J52B7MB/: 200",
        "POST /vehicles/vhcl01HNARS42AVJN9QWQF6J52B7MB/reconnect/: 302",
        "Task id=0b9c2a86-4a7e-4a52-9d0e-5b8f6b1d2c3e path=onboarding_portal.onboarding.tasks.read_back",
        "ev.energy fetch_token: Unavailable",
        "exit code: 143",
        "status_code=404, error_code=TIMED_OUT",
        "The token endpoint refused the credentials.",
        "Worker exiting (pid: 4242)",
        "2026-03-14T09:30:00+00:00",
    ],
)
def test_what_is_no_secret_stays(text: str) -> None:
    assert redact(text) == text


def last_line() -> str:
    return collected.lines[-1]


def test_message_arguments_extra_and_exception_are_all_cleaned() -> None:
    class Opaque:
        def __str__(self) -> str:
            return "opaque@example.com"

    try:
        int("quoted@example.com")
    except ValueError:
        logger.exception(
            "To %s",
            "argument@example.com",
            extra={
                "plain": "extra@example.com",
                "nested": {"key@example.com": ["deep@example.com", 7, None]},
                "thing": Opaque(),
            },
            stack_info=True,
        )

    line = json.loads(last_line())
    assert "example.com" not in last_line()
    assert line["nested"] == {"[email]": ["[email]", 7, None]}
    assert "ValueError: invalid literal" in line["exc_info"]
    assert "Traceback" in line["exc_info"]


def test_a_line_is_one_line_whatever_is_in_it() -> None:
    logger.warning("first\nsecond\u2028third %s", "\r\nforged line")

    assert len(last_line().splitlines()) == 1
    assert json.loads(last_line())["message"] == "first\nsecond\u2028third \r\nforged line"


def test_arguments_that_do_not_fit_the_message_do_not_break_the_caller() -> None:
    message = "%d cars of %s"

    logger.warning(message, "anna@example.com")

    assert "anna" not in last_line()
    assert "cars of" in last_line()


def test_the_secrets_the_portal_was_started_with_are_removed_wherever_they_stand() -> None:
    environ = {
        "SECRET_KEY": "signing-key",
        "EV_ENERGY_CLIENT_SECRET": "client-word",
        "DATABASE_URL": "postgres://portal:p%40ss-word@db/portal",
        "EMAIL_URL": "smtp+tls://user:mail-word@smtp.example.com:587",
        "CACHE_URL": "rediss://:cache-word@cache:6379",
    }
    record = logging.makeLogRecord(
        {"msg": "signing-key, client-word, p@ss-word, p%40ss-word, mail-word, cache-word"}
    )

    RedactSecrets(secret_values(environ)).filter(record)

    assert record.getMessage() == ", ".join(["[secret]"] * 6)


def test_short_words_and_broken_addresses_are_not_taken_for_secrets() -> None:
    assert (
        secret_values({"DATABASE_URL": "postgres://portal:portal@db/portal", "CACHE_URL": "redis://[x"}) == []
    )


@pytest.mark.parametrize(
    "name",
    ["", "django", "django.request", "django.server", "gunicorn.error", "anybodys"],
)
def test_every_line_is_cleaned_whoever_writes_it(name: str, capfd: pytest.CaptureFixture[str]) -> None:
    logging.getLogger(name).critical("To %s", "anna@example.com")

    assert json.loads(last_line())["message"] == "To [email]"
    out, err = capfd.readouterr()
    assert "anna@example.com" not in out + err  # nor by a handler of somebody's own


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["/venv/bin/gunicorn", "onboarding_portal.wsgi"], True),
        (["/venv/lib/gunicorn/__main__.py"], True),
        (["manage.py", "db_worker"], True),
        (["manage.py", "clock"], True),
        (["manage.py", "vehicle_logs", "--json"], False),
        (["manage.py"], False),
        (["pytest"], False),
        ([], False),
    ],
)
def test_a_servers_log_goes_to_stdout_and_a_commands_beside_its_answer(
    argv: list[str], expected: bool
) -> None:
    config = logging_config(log_format="json", level="INFO", environ={}, argv=argv)

    assert is_server(argv) is expected
    stream = config["handlers"]["console"]["stream"]
    assert stream == ("ext://sys.stdout" if expected else "ext://sys.stderr")


# The check over the whole run can fail


@pytest.mark.parametrize(
    "line",
    [
        '{"message": "to anna@example.com"}',
        '{"message": "email=anna%40example.com"}',
        '{"path": "/reconnect/abc/"}',
        '{"message": "https://app.ev.energy/vehicle-onboarding/start/5609"}',
        '{"message": "Bearer abc"}',
        '{"message": "mailed BCDFGH"}',
    ],
)
def test_a_line_with_a_secret_is_found(line: str) -> None:
    assert leaks([line], secrets={"BCDFGH"})


def test_a_clean_line_is_not_found() -> None:
    lines = ['{"message": "GET /reconnect/[token]/ of [email]", "path": "/invite/<str:token>/"}']

    assert leaks(lines, secrets={"BCDFGH"}) == []


LEAKY_TESTS = """
import logging
from django.core import mail

def test_logs_an_address_past_the_filter():
    logging.getLogger().handlers[0].filters.clear()
    logging.getLogger("leaky").warning("to anna@example.com")

def test_logs_what_it_mailed():
    mail.outbox = [mail.EmailMessage("Your link", "https://portal.example/reconnect/s3cr3t/")]
    logging.getLogger("leaky").warning("made s3cr3t")

def test_logs_nothing_special():
    logging.getLogger("leaky").warning("a car was read")
"""


def test_a_run_that_logs_secrets_fails(tmp_path: Path) -> None:
    (tmp_path / "test_leaky.py").write_text(LEAKY_TESTS)
    root = str(settings.BASE_DIR)

    options = [
        "-p",
        "tests.log_check",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:randomly",
        "--ds",
        "tests.settings",
    ]
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", *options, "--rootdir", str(tmp_path), str(tmp_path)],
        cwd=root,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": root},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )

    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert "3 passed, 2 errors" in ended.stdout
    assert "anna@example.com" in ended.stdout
    assert "'s3cr3t' in" in ended.stdout


@pytest.mark.parametrize("part", ["a", "a.", "%40", "a1", "/", "a@", "token="])
def test_long_lines_are_read_through_once(part: str) -> None:
    # Anybody may ask for a page with a path like this; what took a moment for each letter would take minutes here.
    text = part * (120_000 // len(part))

    assert len(redact(text)) <= len(text) + 100
