"""An SMTP server on this machine that keeps what it is given, so that mail takes the way it takes in production."""

import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller

PATIENCE_SECONDS = 15.0


class Mailbox:
    """Everybody's mail. A `handle_DATA` makes it a handler of aiosmtpd."""

    def __init__(self, *, port: int) -> None:
        self.port = port
        self._mails: list[tuple[str, EmailMessage]] = []
        self._news = threading.Condition()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802  aiosmtpd's name
        message = message_from_bytes(envelope.content, policy=policy.default)
        with self._news:
            self._mails += [(recipient, message) for recipient in envelope.rcpt_tos]
            self._news.notify_all()
        return "250 Kept"

    @property
    def recipients(self) -> list[str]:
        return [recipient for recipient, _message in self._mails]

    def mails_to(self, address: str) -> list[EmailMessage]:
        return [message for recipient, message in self._mails if recipient == address]

    def wait_for_code(self, *, address: str, after: int) -> str:
        """Returns the sign-in code of the mail to `address` that follows the first `after` of them."""
        give_up_at = time.monotonic() + PATIENCE_SECONDS
        with self._news:
            while len(self.mails_to(address)) <= after:
                assert self._news.wait(give_up_at - time.monotonic()), f"No mail to {address}"
        found = re.match(r"[A-Z]{6}\b", str(self.mails_to(address)[after]["Subject"]))
        assert found
        return found.group()


@contextmanager
def mail_server(*, port: int) -> Iterator[Mailbox]:
    mailbox = Mailbox(port=port)
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()
