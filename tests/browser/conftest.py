"""A real Chromium, the portal on one origin and the sandbox on another."""

import copy
import json
import os
import re
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests
from django.conf import settings as django_settings
from django.db import connections
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

# Playwright's synchronous interface runs an event loop in the test's thread; Django would refuse the ORM there.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

ROOT = Path(__file__).resolve().parent.parent.parent
CHROMIUM_NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
NO_CHROMIUM = "No Chromium found. Install one to run the browser tests: apt-get install chromium"
START_SECONDS = 20.0
# As Playwright's own errors are told: "TimeoutError: Page.click: Timeout 30000ms exceeded."
CHROMIUM_STUMBLED = r"^(Error|TimeoutError|TargetClosedError): [A-Z]\w+\.\w+: "


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)
            # Chromium may stumble on a busy machine; what a page shows wrongly is an AssertionError, and fails.
            item.add_marker(pytest.mark.flaky(reruns=1, only_rerun=[CHROMIUM_STUMBLED]))


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    path = next((found for name in CHROMIUM_NAMES if (found := shutil.which(name))), None)
    if path is None:
        if os.environ.get("CI") == "true":
            pytest.fail(NO_CHROMIUM)
        pytest.skip(NO_CHROMIUM)
    # Chromium's own sandbox does not work for root, which containers often are.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        browser.close()
        # While this event loop runs, Django keeps connections of their own for it; after it nobody could close them,
        # and PostgreSQL drops no database somebody is connected to.
        connections.close_all()


class Sandbox:
    """A sandbox in a process of its own, and the knobs tests turn."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.api_url = f"{origin}/v2"
        self.token_url = f"{origin}/o/token/"

    def behave(self, **behaviour: object) -> None:
        requests.put(f"{self.origin}/_sandbox/behaviour", json=behaviour, timeout=5).raise_for_status()

    def behave_normally(self) -> None:
        requests.delete(f"{self.origin}/_sandbox/behaviour", timeout=5).raise_for_status()


@contextmanager
def running_sandbox(*arguments: str) -> Iterator[Sandbox]:
    process = subprocess.Popen(
        [sys.executable, "manage.py", "sandbox", "--port", "0", "--limit", "100000", *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield Sandbox(_announced_origin(process))
    finally:
        process.terminate()
        process.wait(timeout=10)
        assert process.stdout
        process.stdout.close()


@pytest.fixture(scope="session")
def sandbox_process() -> Iterator[Sandbox]:
    with running_sandbox() as sandbox:
        yield sandbox


def _announced_origin(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if select.select([process.stdout], [], [], 0.5)[0]:
            line = process.stdout.readline()
            if found := re.search(r"http://[\d.]+:\d+", line):
                return found.group()
            assert line, "The sandbox ended before it listened."
    raise AssertionError("The sandbox did not start.")


@pytest.fixture
def sandbox(sandbox_process: Sandbox) -> Iterator[Sandbox]:
    sandbox_process.behave_normally()
    yield sandbox_process
    sandbox_process.behave_normally()


@pytest.fixture
def portal(live_server: LiveServer, settings: Any, sandbox: Sandbox) -> LiveServer:
    """The portal on its own origin, with the CSP it has in production, talking to the sandbox."""
    settings.PORTAL_URL = live_server.url
    settings.EV_ENERGY_API_URL = sandbox.api_url
    settings.EV_ENERGY_TOKEN_URL = sandbox.token_url
    settings.EV_ENERGY_CLIENT_ID = "sandbox-client"
    settings.EV_ENERGY_CLIENT_SECRET = "sandbox-secret"
    policy = copy.deepcopy(django_settings.CONTENT_SECURITY_POLICY)
    policy["DIRECTIVES"]["form-action"][-1] = sandbox.origin
    settings.CONTENT_SECURITY_POLICY = policy
    assert urlsplit(live_server.url).netloc != urlsplit(sandbox.origin).netloc
    return live_server


class Visitor:
    """One person's browser. Console errors and CSP reports on the portal's pages fail the test."""

    def __init__(self, context: BrowserContext, portal_url: str) -> None:
        self.context = context
        self.page = context.new_page()
        self.portal_url = portal_url
        self.complaints: list[str] = []
        context.on("console", self._note)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))

    def _note(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not _is_expected(message):
            self.complaints.append(f"{message.text} at {json.dumps(message.location)}")


def _is_expected(message: ConsoleMessage) -> bool:
    # Chromium logs each answer with an error status as an error of the page. Tests look at the status themselves.
    return message.text.startswith("Failed to load resource: the server responded with a status of")


@pytest.fixture
def visitor(chromium: Browser, portal: LiveServer) -> Iterator[Callable[..., Visitor]]:
    """Opens a browser of its own for each call: `visitor()` a phone, `visitor(java_script_enabled=False)`…"""
    visitors: list[Visitor] = []

    def open_browser(**options: Any) -> Visitor:
        options = {"viewport": {"width": 390, "height": 780}, **options}
        context = chromium.new_context(**options)
        context.set_default_timeout(10_000)
        visitors.append(Visitor(context, portal.url))
        return visitors[-1]

    yield open_browser
    complaints = [complaint for visitor in visitors for complaint in visitor.complaints]
    for visitor in visitors:
        visitor.context.close()
    assert not complaints


@pytest.fixture
def phone(visitor: Callable[..., Visitor]) -> Page:
    return visitor().page
