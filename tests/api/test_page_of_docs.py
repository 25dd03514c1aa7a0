"""What docs/api.md and docs/events.md tell people to copy is run as it stands there."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from django.test import Client
from django.utils import timezone
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from onboarding_portal.api.events.models import Endpoint, Event
from onboarding_portal.api.events.sending import signed
from onboarding_portal.operations.demo.run import kept_key
from tests.api.events.rows import an_endpoint
from tests.api.rows import make_key
from tests.factories import make_owner, make_stale_vehicle

ROOT = Path(__file__).resolve().parent.parent.parent


def blocks(page: str, language: str) -> list[str]:
    """The pieces of code of a page, in order."""
    text = (ROOT / "docs" / page).read_text()
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.MULTILINE | re.DOTALL)


def put_in(block: str, **values: str) -> str:
    """The block with what people put in place of `NAME=…`; each name has to be there."""
    for name, value in values.items():
        block, count = re.subn(rf"^{name}=\S+", f"{name}={value}", block, flags=re.MULTILINE)
        assert count == 1
    return block


@pytest.fixture
def in_a_terminal(tmp_path: Path) -> Callable[[str], list[Any]]:
    """Runs commands one after another, and returns the JSON that they print."""
    path = os.environ["PATH"]
    if shutil.which("curl") is None:
        stand_in = tmp_path / "curl"
        stand_in.write_text(f'#!/bin/sh\nexec {sys.executable} {ROOT}/tests/api/curl.py "$@"\n')
        stand_in.chmod(0o755)
        path = f"{tmp_path}:{path}"

    def run(commands: str) -> list[Any]:
        ran = subprocess.run(
            ["/bin/sh", "-eu"],
            input=commands,
            env={"PATH": path, "no_proxy": "*"},
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        assert (ran.returncode, ran.stderr) == (0, "")
        return json.loads("[" + ran.stdout.strip().replace("}{", "},{") + "]")

    return run


@pytest.mark.django_db(transaction=True)
def test_from_nothing_to_the_first_owner(
    in_a_terminal: Callable[[str], list[Any]], live_server: LiveServer, settings: Settings, tmp_path: Path
) -> None:
    settings.PORTAL_URL = live_server.url
    car = make_stale_vehicle(owner=make_owner())
    demo, names, stale, hand_over, outcome = blocks("api.md", "sh")
    assert demo.endswith("manage.py demo\n")
    names = put_in(names, PORTAL=live_server.url, KEY=kept_key(tmp_path))

    cars, made = in_a_terminal(names + stale + hand_over)

    assert [(each["id"], bool(each["stale"])) for each in cars["data"]] == [(car.pk, True)]
    page = requests.get(made["url"], timeout=10)
    assert "Go on" in page.text
    pressed = Client().post(urlsplit(made["url"]).path)
    assert pressed.status_code == 302
    (told,) = in_a_terminal(names + put_in(outcome, SESSION=made["id"]))
    assert (told["outcome"], told["reference"]) == ("pending", "customer 4711")
    assert told["opened_at"]


@pytest.mark.django_db(transaction=True)
def test_button_of_the_page_leads_to_a_link(live_server: LiveServer, settings: Settings) -> None:
    settings.PORTAL_URL = live_server.url
    _key, secret = make_key(origins=["https://www.example.com"])
    (link,) = blocks("api.md", "html")
    (button,) = blocks("api.md", "python")
    views: dict[str, Callable[[], str]] = {}
    site = SimpleNamespace(get=lambda path: lambda view: views.setdefault(path, view))
    surroundings = {
        "app": site,
        "requests": requests,
        "redirect": str,
        "PORTAL": live_server.url,
        "KEY": secret,
        "current_user": SimpleNamespace(email="carla@example.com"),
    }
    exec(button, surroundings)  # noqa: S102  the page's own code

    (path,) = views
    assert f'href="{path}"' in link
    assert views[path]().startswith(f"{live_server.url}/hand-over/")


@pytest.mark.django_db
@pytest.mark.parametrize("is_genuine", [True, False])
def test_taking_events_as_the_page_does(*, is_genuine: bool) -> None:
    now, endpoint = timezone.now(), an_endpoint()
    event = Event(kind="endpoint.test", at=now, data={"endpoint_id": endpoint.pk})
    secret = (endpoint if is_genuine else an_endpoint()).secrets(now=now)[0]
    (code,) = blocks("events.md", "python")
    assert code.count("whsec_…") == 1
    queue: list[Any] = []
    surroundings: dict[str, Any] = {"seen_before": lambda event_id: False, "put_into_queue": queue.append}
    exec(code.replace("whsec_…", secret), surroundings)  # noqa: S102  the page's own code
    body = json.dumps(event.body)

    status = surroundings["take"](
        SimpleNamespace(body=body.encode(), headers=signed(event, body, endpoint, now=now))
    )

    assert (status, queue) == ((204, [event.body]) if is_genuine else (401, []))
    assert Endpoint.objects.count() == (1 if is_genuine else 2)
