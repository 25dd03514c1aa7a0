"""What is wrong is told once when it begins and once when it is over, whatever happens to those who tell it."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests
import responses
import time_machine
from django.core import mail
from django.test import Client
from pytest_django import Settings

from onboarding_portal.operations.engine import telling
from onboarding_portal.operations.engine.alarms import QUIET_FOR
from onboarding_portal.operations.engine.conditions import CONDITIONS
from onboarding_portal.operations.engine.watch import look
from onboarding_portal.operations.models import Alarm, Notice
from tests.factories import NOW
from tests.operations.engine.world import ALL_KINDS, WAYS, Way, give_signs_of_life

pytestmark = pytest.mark.django_db

HOOK = "https://hooks.example.com/alarms/a-secret-word"
LOOK = timedelta(seconds=40)
# The longest window of a condition, and the hour of the budget.
WINDOW = timedelta(minutes=62)


class Killed(BaseException):
    """The process is gone, at once."""


class Story:
    """Time goes on, somebody looks after the engine, and whoever is to be told is told."""

    def __init__(self, way: Way, clock: Any, settings: Settings, hook: responses.RequestsMock) -> None:
        self.way, self.clock, self.settings, self.hook = way, clock, settings, hook
        give_signs_of_life(*ALL_KINDS)
        look()

    def goes_on(self, *, so: bool, length: timedelta = LOOK, looks: int = 1) -> None:
        for _ in range(looks):
            self.clock.shift(length)
            if so:
                self.way.begin(self.settings)
            else:
                self.way.end(self.settings)
            give_signs_of_life(*(self.way.alive if so else ALL_KINDS))
            look()

    def is_over(self) -> None:
        """Until the window of the condition has passed, and the time after which it counts as over."""
        self.goes_on(so=False, length=WINDOW, looks=2)
        self.goes_on(so=False, length=QUIET_FOR)
        self.goes_on(so=False)

    def posted(self) -> list[str]:
        """What the webhook was told of this condition."""
        bodies = [json.loads(call.request.body or "{}") for call in self.hook.calls]
        return [body["event"] for body in bodies if (body["name"], body["about"]) == self.key]

    def mailed(self) -> list[str]:
        """What people were told of this condition."""
        about = next(each for each in CONDITIONS if each.name == self.way.name).in_words(self.way.about)
        subjects = [message.subject for message in mail.outbox if about in message.subject]
        return ["ended" if ": over:" in subject else "begun" for subject in subjects]

    @property
    def key(self) -> tuple[str, str]:
        return self.way.name, self.way.about


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def hook(settings: Settings) -> Iterator[responses.RequestsMock]:
    settings.ADMINS = [("ops@example.com", "ops@example.com")]
    settings.ALARM_WEBHOOK_URL = HOOK
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mocked:
        mocked.post(HOOK, status=204)
        yield mocked


@pytest.fixture(params=WAYS, ids=lambda way: f"{way.name} {way.about}".strip())
def story(
    request: pytest.FixtureRequest, clock: Any, settings: Settings, hook: responses.RequestsMock
) -> Story:
    return Story(request.param, clock, settings, hook)


def test_every_condition_has_a_way_to_come_about() -> None:
    assert {way.name for way in WAYS} == {condition.name for condition in CONDITIONS}


def test_told_once_when_it_begins_and_once_when_it_is_over(
    story: Story, table_cell: Callable[..., None]
) -> None:
    row = " ".join(story.key).strip()
    table_cell("Alarms", row=row, column="begins", says="told within 2 min, once")
    table_cell("Alarms", row=row, column="lasts", says="nothing more")
    table_cell("Alarms", row=row, column="ends", says="told once")
    table_cell("Alarms", row=row, column="begins again", says="told anew")
    story.goes_on(so=True, looks=3)
    assert (story.mailed(), story.posted()) == (["begun"], ["begun"])

    story.goes_on(so=True, looks=5)
    assert Alarm.objects.open().filter(name=story.way.name, about=story.way.about).count() == 1
    assert (story.mailed(), story.posted()) == (["begun"], ["begun"])

    story.is_over()
    assert (story.mailed(), story.posted()) == (["begun", "ended"], ["begun", "ended"])
    assert not Alarm.objects.open().filter(name=story.way.name, about=story.way.about).exists()

    story.goes_on(so=True, looks=3)
    assert (story.mailed(), story.posted()) == (["begun", "ended", "begun"], ["begun", "ended", "begun"])


def test_what_comes_and_goes_is_one_alarm(story: Story) -> None:
    story.goes_on(so=True, looks=3)
    for _ in range(3):
        story.goes_on(so=False)
        story.goes_on(so=True, looks=3)

    assert (story.mailed(), story.posted()) == (["begun"], ["begun"])


@pytest.mark.parametrize("way", [WAYS[0], WAYS[3], WAYS[-1]], ids=lambda way: way.name)
class TestWhoeverTellsIsInTrouble:
    """Three conditions stand for all: how a message is told does not depend on what it says."""

    @pytest.fixture
    def story(self, way: Way, clock: Any, settings: Settings, hook: responses.RequestsMock) -> Story:
        return Story(way, clock, settings, hook)

    def test_killed_before_anything_is_sent(self, story: Story, monkeypatch: pytest.MonkeyPatch) -> None:
        with monkeypatch.context() as patch:
            patch.setattr("onboarding_portal.operations.engine.watch.tell_what_is_due", _die)
            for _ in range(3):
                with suppress_killed():
                    story.goes_on(so=True)
        assert (story.mailed(), story.posted()) == ([], [])

        story.goes_on(so=True)

        assert (story.mailed(), story.posted()) == (["begun"], ["begun"])
        assert not Notice.objects.filter(is_perhaps_sent=True).exists()

    def test_killed_between_sending_and_noting_it_sends_once_more_and_says_so(
        self, story: Story, monkeypatch: pytest.MonkeyPatch, table_cell: Callable[..., None]
    ) -> None:
        table_cell("Alarms", row="process", column="killed", says="a second copy at most, which says so")
        with monkeypatch.context() as patch:
            patch.setattr(Notice, "note_told", _die)
            for _ in range(3):
                with suppress_killed():
                    story.goes_on(so=True)
        story.goes_on(so=True, length=timedelta(minutes=2), looks=4)

        assert story.mailed() == ["begun", "begun"]
        assert story.posted() in (["begun"], ["begun", "begun"])
        assert "second copy" not in mail.outbox[0].body
        assert "This may be the second copy" in mail.outbox[1].body

    def test_mail_server_down_does_not_hold_up_the_webhook_nor_lose_the_mail(
        self, story: Story, settings: Settings, table_cell: Callable[..., None]
    ) -> None:
        table_cell(
            "Alarms", row="mail server", column="down", says="webhook told, e-mail sent when it is back"
        )
        backend = settings.EMAIL_BACKEND
        settings.EMAIL_BACKEND = "onboarding_portal.accounts.mail_server.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
        story.goes_on(so=True, looks=5)
        story.is_over()
        assert (story.mailed(), story.posted()) == ([], ["begun", "ended"])

        settings.EMAIL_BACKEND = backend
        story.goes_on(so=False, length=timedelta(minutes=15), looks=2)

        assert story.mailed() == ["begun", "ended"]
        assert story.posted() == ["begun", "ended"]

    @pytest.mark.parametrize(
        ("trouble", "answer"),
        [
            ("hangs", {"body": requests.ReadTimeout()}),
            ("500", {"status": 500}),
            ("redirect", {"status": 302, "headers": {"Location": "https://elsewhere.example/"}}),
            ("away", {"body": requests.ConnectTimeout()}),
        ],
    )
    def test_webhook_in_trouble_does_not_hold_up_the_mail_and_is_told_later(
        self, story: Story, trouble: str, answer: dict[str, Any], table_cell: Callable[..., None]
    ) -> None:
        table_cell("Alarms", row="webhook", column=trouble, says="e-mail sent, tried again for a day")
        story.hook.replace(responses.POST, HOOK, **answer)
        story.goes_on(so=True, looks=3)
        assert story.mailed() == ["begun"]
        assert {call.request.url for call in story.hook.calls} == {HOOK}
        story.hook.replace(responses.POST, HOOK, status=204)
        story.hook.calls.reset()

        story.goes_on(so=True, length=timedelta(minutes=6), looks=2)

        assert (story.mailed(), story.posted()) == (["begun"], ["begun"])
        body = json.loads(story.hook.calls[0].request.body or "{}")
        assert body["is_perhaps_a_copy"] is (trouble == "hangs")


def _die(*_: object, **__: object) -> None:
    raise Killed


class suppress_killed:  # noqa: N801  reads like contextlib's
    def __enter__(self) -> None:
        return

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        return kind is Killed


def test_nobody_is_told_where_nobody_is_named(
    clock: Any, settings: Settings, hook: responses.RequestsMock
) -> None:
    settings.ADMINS, settings.ALARM_WEBHOOK_URL = [], ""
    story = Story(WAYS[3], clock, settings, hook)
    story.goes_on(so=True, looks=3)
    settings.ADMINS = [("ops@example.com", "ops@example.com")]

    story.is_over()

    assert Alarm.objects.filter(name="PortalProcessMissing").exists()
    assert (story.mailed(), story.posted()) == ([], [])


def test_what_could_not_be_told_for_a_day_is_given_up_and_neither_is_its_end_told(
    clock: Any, settings: Settings, hook: responses.RequestsMock
) -> None:
    story = Story(WAYS[3], clock, settings, hook)
    hook.replace(responses.POST, HOOK, status=500)
    story.goes_on(so=True, looks=3)
    story.goes_on(so=True, length=timedelta(hours=25), looks=2)
    hook.replace(responses.POST, HOOK, status=204)
    hook.calls.reset()

    story.goes_on(so=True, length=timedelta(hours=1))
    story.is_over()

    assert story.posted() == []
    assert story.mailed() == ["begun", "ended"]
    assert Notice.objects.get(channel="WEBHOOK").failure == "Too late"


def test_message_has_what_to_do_and_neither_person_nor_secret(
    clock: Any, settings: Settings, hook: responses.RequestsMock
) -> None:
    story = Story(WAYS[3], clock, settings, hook)
    story.goes_on(so=True, looks=3)

    body = json.loads(hook.calls[0].request.body or "{}")
    text = mail.outbox[0].body
    for part in (body["title"], body["do"], body["runbook"], body["facts"], "/admin/engine/"):
        assert part in text
    assert mail.outbox[0].to == ["ops@example.com"]
    told = f"{hook.calls[0].request.body!r} {text} {mail.outbox[0].subject}"
    assert "a-secret-word" not in told
    assert "@" not in told


def test_a_webhook_that_says_nothing_is_waited_for_no_longer_than_stated(
    monkeypatch: pytest.MonkeyPatch, settings: Settings, silent_server: str
) -> None:
    monkeypatch.setattr(telling, "WEBHOOK_SECONDS", 0.2)
    settings.ALARM_WEBHOOK_URL = silent_server
    alarm = Alarm.objects.create(name="PortalQueueLate", began_at=NOW, seen_at=NOW)
    notice = Notice.objects.create(alarm=alarm, moment="BEGUN", channel="WEBHOOK", asked_at=NOW)

    with pytest.raises(telling.NotTold) as problem:
        telling._post(notice)

    assert problem.value.is_perhaps_sent
    assert settings.ALARM_WEBHOOK_URL not in str(problem.value)


def test_no_line_of_the_log_holds_the_webhooks_address_or_a_colleagues(
    clock: Any, settings: Settings, hook: responses.RequestsMock, caplog: pytest.LogCaptureFixture
) -> None:
    story = Story(WAYS[3], clock, settings, hook)
    settings.EMAIL_BACKEND = "onboarding_portal.accounts.mail_server.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    hook.replace(responses.POST, HOOK, body=requests.ConnectionError(f"no way to {HOOK}"))
    story.goes_on(so=True, looks=3)

    assert {notice.failure for notice in Notice.objects.all()} == {
        "ConnectionRefusedError",
        "ConnectionError",
    }
    assert "a-secret-word" not in caplog.text
    assert "ops@example.com" not in caplog.text


@pytest.mark.urls("tests.operations.crashing_urls")
def test_errors_of_pages_are_not_mailed_to_those_who_are_told_of_alarms(settings: Settings) -> None:
    """Django would, with all that was in the request."""
    settings.ADMINS = [("ops@example.com", "ops@example.com")]
    settings.DEBUG = False

    response = Client(raise_request_exception=False).get("/crash/")

    assert response.status_code == 500
    assert mail.outbox == []
