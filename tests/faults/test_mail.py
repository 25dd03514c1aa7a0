"""The mail server, with a proxy before it."""

import asyncio
import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from django.core.management import call_command
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from onboarding_portal.accounts import mail as mailing
from onboarding_portal.reconnects.background.lanes import Lane, run_slice
from onboarding_portal.reconnects.background.tasks import sweep_reconnects, wake
from onboarding_portal.reconnects.models import Reconnect, State
from onboarding_portal.timing import MAIL_SECONDS
from tests.ev_energy.servers import drip, server
from tests.factories import make_owner
from tests.faults.conftest import CELLS, QUICK_CELLS, check_page, visitor, within_ten_seconds
from tests.faults.killing import kill_worker_once
from tests.faults.proxy import Proxy, proxy_before
from tests.reconnects.rows import make_broken_car, make_reconnect
from tests.rehearsal.mailbox import Mailbox
from tests.rehearsal.processes import free_port

pytestmark = pytest.mark.django_db(transaction=True)

REFUSED_HERE = "nobody@example.com"
BREAK: dict[str, Callable[[Proxy], None]] = {
    "down": lambda proxy: proxy.go_down(),
    "refused": lambda proxy: proxy.refuse(b"554 5.7.1 No mail from your network\r\n"),
    "slow": lambda proxy: proxy.slow_down(seconds=0.3),
    "hangs": lambda proxy: proxy.hang(),
    "wrong answer": lambda proxy: proxy.refuse(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
}
SAYS = {
    "down": "owner: “could not be sent”, 503; kept: every e-mail that is due; heals: tried again after 5 s to 10 min",
    "refused": "all: as down; one address: that one e-mail alone, 7 more tries over 17 h",
    "slow": f"given up after {MAIL_SECONDS} s in all, then as down",
    "hangs": f"given up after {MAIL_SECONDS} s at most, then as down",
    "wrong answer": "as down",
    "back again": "what was due goes out once, within 10 min; after 5 codes in vain an owner waits 15 min",
}


class Strict(Mailbox):
    """Takes mail for everybody but one."""

    async def handle_RCPT(  # noqa: N802  aiosmtpd's name
        self, server: Any, session: Any, envelope: Any, address: str, options: list[str]
    ) -> str:
        if address == REFUSED_HERE:
            return "550 5.1.1 No such user"
        envelope.rcpt_tos.append(address)
        return "250 OK"


class Silent(Strict):
    """Takes a mail, and says nothing of it."""

    says_nothing = False

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802  aiosmtpd's name
        answer = await super().handle_DATA(server, session, envelope)
        while self.says_nothing:
            await asyncio.sleep(0.01)
        return answer


@pytest.fixture
def mail_server(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Silent, Proxy]]:
    logging.getLogger("mail.log").setLevel(logging.WARNING)
    mailbox = Silent(port=free_port())
    controller = Controller(mailbox, hostname="127.0.0.1", port=mailbox.port)
    controller.start()
    monkeypatch.setattr(mailing, "MAIL_SECONDS", 0.8)
    with proxy_before(mailbox.port) as proxy:
        settings.EMAIL_BACKEND = "onboarding_portal.accounts.mail_server.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", proxy.port
        settings.EMAIL_TIMEOUT = 0.4
        yield mailbox, proxy
        proxy.go_down()
    controller.stop()


def ask_for_code(address: str) -> Any:
    with within_ten_seconds():
        return visitor().post("/accounts/login/", {"email": address})


def send_due() -> None:
    """As a worker, later: whatever waited is due now."""
    Reconnect.objects.exclude(next_work_at=None).update(next_work_at=timezone.now(), lease_until=None)
    run_slice(Lane.MAILS, seconds=0.5)


@pytest.mark.parametrize("kind", CELLS)
def test_nobody_waits_for_a_mail_server_and_nothing_that_is_due_is_lost_or_doubled(
    kind: str, mail_server: tuple[Strict, Proxy], cell: Callable[[str, str, str], None]
) -> None:
    mailbox, proxy = mail_server
    cell("mail", kind, SAYS[kind])
    owner = make_owner(email="vera@example.com")
    reconnect = make_reconnect(wants_email=True, vehicle=make_broken_car(owner=owner))

    for each in QUICK_CELLS if kind == "back again" else [kind]:
        BREAK[each](proxy)
        check_page(
            ask_for_code(f"{each[:4]}@example.com"), status=503, says="The e-mail could not be sent just now"
        )
        with within_ten_seconds():
            send_due()
        reconnect.refresh_from_db()
        assert (reconnect.state, reconnect.failure) == (State.QUEUED, "MAIL")
        assert "@" not in reconnect.failure_detail
        proxy.come_back()
    send_due()
    send_due()

    reconnect.refresh_from_db()
    assert reconnect.state == State.EMAILED
    assert mailbox.recipients.count("vera@example.com") == 1
    assert ask_for_code("anna@example.com").status_code == 302
    assert mailbox.recipients.count("anna@example.com") == 1


def test_a_mail_server_that_is_away_for_days_fails_no_e_mail(mail_server: tuple[Strict, Proxy]) -> None:
    mailbox, proxy = mail_server
    reconnect = make_reconnect(wants_email=True)
    proxy.go_down()

    for _ in range(12):
        send_due()

    proxy.come_back()
    send_due()
    reconnect.refresh_from_db()
    assert reconnect.state == State.EMAILED
    assert mailbox.recipients == [reconnect.vehicle.owner.email]


def test_one_address_that_is_refused_holds_up_nobody_else(mail_server: tuple[Strict, Proxy]) -> None:
    mailbox, _proxy = mail_server
    refused = make_reconnect(wants_email=True, vehicle=make_broken_car(owner=make_owner(email=REFUSED_HERE)))
    taken = make_reconnect(wants_email=True)

    for _ in range(10):
        send_due()

    refused.refresh_from_db()
    taken.refresh_from_db()
    assert (refused.state, taken.state) == (State.FAILED, State.EMAILED)
    assert mailbox.recipients == [taken.vehicle.owner.email]
    check_page(ask_for_code(REFUSED_HERE), status=503, says="could not be sent")


def test_a_mail_server_that_sends_a_byte_now_and_then_is_given_up_in_time(
    mail_server: tuple[Strict, Proxy], settings: Any
) -> None:
    with server(drip(b"220-", every_seconds=0.1), reads_request=False) as dripping:
        settings.EMAIL_PORT = int(dripping.url.rpartition(":")[2])
        check_page(ask_for_code("anna@example.com"), status=503, says="could not be sent")


@pytest.mark.parametrize("killed", ["before it is sent", "after the server has taken it"])
def test_worker_killed_at_an_e_mail_loses_none_and_sends_one_twice_at_most(
    killed: str,
    mail_server: tuple[Silent, Proxy],
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
    table_cell: Callable[..., None],
) -> None:
    table_cell(
        "Faults", row="worker at an e-mail", column="down", says="none lost; the one cut off comes twice"
    )
    monkeypatch.setattr(mailing, "MAIL_SECONDS", 30)
    settings.EMAIL_TIMEOUT = 30
    mailbox, proxy = mail_server
    owners = [make_owner(email=f"{name}@example.com") for name in ("vera", "wim")]
    for owner in owners:
        make_reconnect(wants_email=True, vehicle=make_broken_car(owner=owner))
    wake(Lane.MAILS, now=timezone.now())
    if killed == "before it is sent":
        proxy.hang()
        kill_worker_once(lambda: proxy.connections > 0)
    else:
        mailbox.says_nothing = True
        kill_worker_once(lambda: len(mailbox.recipients) > 0)
        mailbox.says_nothing = False
    proxy.come_back()
    already_sent = len(mailbox.recipients)

    for _ in range(2):
        Reconnect.objects.exclude(next_work_at=None).filter(state=State.QUEUED).update(
            next_work_at=timezone.now(), lease_until=None
        )
        DBTaskResult.objects.filter(status="RUNNING").update(started_at=timezone.now() - timedelta(minutes=5))
        sweep_reconnects()
        call_command("db_worker", batch=True, startup_delay=False, verbosity=0)

    assert set(mailbox.recipients) == {owner.email for owner in owners}
    assert len(mailbox.recipients) == len(owners) + already_sent
    assert already_sent == (1 if killed == "after the server has taken it" else 0)
    assert set(Reconnect.objects.values_list("state", flat=True)) == {State.EMAILED}
