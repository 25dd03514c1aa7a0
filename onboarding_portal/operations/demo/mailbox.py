"""Shows on the terminal what the demo mails: the folder of sent mail is the demo's mailbox."""

import email
import email.policy
import re
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path


class Mailbox:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sizes = {path: path.stat().st_size for path in self._files()}

    def new_mails(self) -> Iterator[str]:
        """Yields a few lines for each mail since the last call: to whom, about what, and its code or links."""
        for path in self._files():
            size = path.stat().st_size
            shown = self._sizes.get(path, 0)
            if size > shown:
                self._sizes[path] = size
                for message in _messages(path.read_bytes()[shown:]):
                    yield summary(message)

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob("*.log"))


def _messages(content: bytes) -> Iterator[EmailMessage]:
    # Django's file backend ends each message with a line of 79 dashes.
    for part in re.split(rb"^-{79}\n", content, flags=re.MULTILINE):
        if part.strip():
            yield email.message_from_bytes(part, policy=email.policy.default)


def summary(message: EmailMessage) -> str:
    """Returns what a person needs of a mail: recipient, subject, and the links in its text."""
    body = message.get_body(preferencelist=("plain",))
    text = body.get_content() if body else ""
    links = re.findall(r"https?://\S+", text)
    lines = [f"Mail to {message['To']}: {message['Subject']}", *(f"  {link}" for link in links)]
    return "\n".join(lines)
