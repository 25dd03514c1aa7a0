"""The portal as it runs: a clock, a worker, staff and owners at their browsers, ev.energy behind the client.

The time stands still until a test moves it. Requests go through the portal's own transport, retries and
budget, and end in the sandbox's WSGI application instead of a socket. A process can be killed whenever it talks to
ev.energy or to the mail server: whatever it has not committed is gone, and the next one takes up what is left.
"""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit

import requests
import time_machine
from django.core import mail
from django.core.mail import EmailMessage
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection, transaction
from django.utils import timezone
from django_tasks import TaskResultStatus
from django_tasks_db.models import DBTaskResult
from urllib3 import HTTPResponse
from werkzeug.test import Client as SandboxClient

from onboarding_portal.accounts.models import User
from onboarding_portal.ev_energy.client import forget_client
from onboarding_portal.ev_energy.deadline import DeadlineAdapter
from onboarding_portal.onboarding.tasks import sweep_attempts
from onboarding_portal.operations.clock import jobs
from onboarding_portal.reconnects.background.tasks import sweep_reconnects
from onboarding_portal.reconnects.models import BatchKind
from onboarding_portal.reconnects.staff.batches import create_batch
from onboarding_portal.sandbox.application import Application
from onboarding_portal.vehicles.models import SyncRun, SyncState, Vehicle
from onboarding_portal.vehicles.tasks import enqueue_due_work

LOCAL = {"REMOTE_ADDR": "127.0.0.1"}


class Killed(BaseException):
    """The process is gone. Nothing in it catches this, and nothing in it runs any more."""


@dataclass
class Fate:
    """When processes die. `copies` are mails that were accepted when their worker died before it could say so."""

    chance: random.Random
    at_calls: float
    at_mails: float
    kills: int = 0
    copies: list[EmailMessage] = field(default_factory=list)

    def strike(self, share: float) -> None:
        if self.chance.random() < share:
            self.kills += 1
            raise Killed


class Mailbox(EmailBackend):
    """Keeps mails as Django's does, in a process that may die just before or just after."""

    fate: Fate | None = None

    def send_messages(self, messages: Any) -> int:
        fate = self.fate
        if fate is None:
            return super().send_messages(messages)
        fate.strike(fate.at_mails)
        sent = super().send_messages(messages)
        try:
            fate.strike(fate.at_mails)
        except Killed:
            fate.copies += mail.outbox[-sent:]
            raise
        return sent


@contextmanager
def sandbox_behind_the_client(app: Application, fate: Fate, monkeypatch: Any) -> Iterator[None]:
    """The transport's adapter hands each request to the sandbox."""
    client = SandboxClient(app)

    def send(adapter: DeadlineAdapter, request: requests.PreparedRequest, **_: Any) -> requests.Response:
        fate.strike(fate.at_calls)
        address = urlsplit(str(request.url))
        answer = client.open(
            address.path,
            query_string=address.query,
            method=request.method,
            headers=list(request.headers.items()),
            data=request.body,
            environ_overrides=LOCAL,
        )
        body = HTTPResponse(
            body=BytesIO(answer.data),
            status=answer.status_code,
            headers=dict(answer.headers),
            preload_content=False,
        )
        fate.strike(fate.at_calls)
        return adapter.build_response(request, body)

    monkeypatch.setattr(DeadlineAdapter, "send", send)
    forget_client()
    yield
    forget_client()


@dataclass
class Deployment:
    """Its processes, one after another in an hour: clock, worker, staff, owners, worker."""

    clock: time_machine.Traveller
    staff: User
    counts: dict[str, int] = field(default_factory=dict)

    def run_clock(self, *, now: datetime) -> None:
        self.alive("clock", jobs.sync_vehicles)
        for sweep in (enqueue_due_work, sweep_attempts, sweep_reconnects):
            self.alive("clock", sweep)
        if now.hour == 3:
            self.alive("clock", jobs.purge)
        if now.hour == 6 and now.day == 1:
            self.alive("clock", jobs.sync_catalogue)

    @property
    def known_at(self) -> datetime | None:
        """When the last complete reading began: what was true then, the portal knows."""
        runs = SyncRun.objects.filter(state=SyncState.COMPLETE)
        return runs.values_list("started_at", flat=True).order_by("-started_at").first()

    def run_worker(self) -> None:
        """Until nothing is ready. A killed task stays as it is, as after SIGKILL."""
        while task := DBTaskResult.objects.ready().first():
            task.claim("worker")
            self.alive("worker", lambda task=task: self._carry_out(task))

    def _carry_out(self, task: DBTaskResult) -> None:
        task.task.call(*task.args_kwargs["args"], **task.args_kwargs["kwargs"])
        DBTaskResult.objects.filter(pk=task.pk).update(
            status=TaskResultStatus.SUCCESSFUL, finished_at=timezone.now()
        )

    def mail_all_stale(self, *, now: datetime) -> None:
        """Monday morning: staff select every stale car and confirm."""
        create_batch(vehicles=Vehicle.objects.stale(), kind=BatchKind.EMAILS, by=self.staff, now=now)

    def alive(self, who: str, does: Callable[[], object]) -> bool:
        """Lets a process work; False if it was killed at it."""
        try:
            does()
        except Killed:
            assert not transaction.get_connection().in_atomic_block
            self.counts[f"killed: {who}"] = self.counts.get(f"killed: {who}", 0) + 1
            connection.close()
            forget_client()
            return False
        return True

    def deploy(self) -> None:
        """Old processes end after what they are at; the new ones start with nothing in memory."""
        self.counts["deploys"] = self.counts.get("deploys", 0) + 1
        forget_client()
        connection.close()
