"""SMTP with an end: all that a mail server says is read until a deadline.

Its time-out is for one answer, and a conversation has ten of them; somebody waits for the code.
"""

import io
import smtplib
from typing import Any

from django.core.mail.backends import smtp

from onboarding_portal.ev_energy.deadline import DeadlineReader


class _Conversation(smtplib.SMTP):
    def getreply(self) -> tuple[int, bytes]:
        if self.file is None and self.sock is not None:
            stream: Any = self.sock.makefile("rb", buffering=0)
            self.file = io.BufferedReader(DeadlineReader(stream, self.sock))
        return super().getreply()


class _EncryptedConversation(_Conversation, smtplib.SMTP_SSL):
    pass


class EmailBackend(smtp.EmailBackend):
    """Django's, whose conversations keep the deadline of `ev_energy.deadline`."""

    @property
    def connection_class(self) -> type[smtplib.SMTP]:
        return _EncryptedConversation if self.use_ssl else _Conversation
