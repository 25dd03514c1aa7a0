"""How a check is registered and how it speaks: one line with one remedy, one lasting number."""

import ipaddress
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Warning, register  # noqa: A004  Django's own names

TAG = "portal"
Check = Callable[[], Iterator[CheckMessage]]


class OneLine(CheckMessage):
    """Django would print the remedy on a line of its own, and platforms sort lines apart."""

    def __str__(self) -> str:
        return f"({self.id}) {self.msg} {self.hint}"


class PortalError(OneLine, Error):
    """Stops every start and every release."""


class PortalWarning(OneLine, Warning):
    """Is told, and stops nothing."""


def portal_check(check: Check, *, deploy: bool = False) -> Check:
    """Registers a check that needs nothing but settings."""

    def run(app_configs: Sequence[Any] | None, **_: Any) -> list[CheckMessage]:
        return list(check())

    register(run, TAG, deploy=deploy)
    return check


def error(number: int, message: str, remedy: str) -> PortalError:
    return PortalError(message, hint=remedy, id=f"portal.E{number:03}")


def warning(number: int, message: str, remedy: str) -> PortalWarning:
    return PortalWarning(message, hint=remedy, id=f"portal.W{number:03}")


def is_loopback(host: str) -> bool:
    """Whether this is a name or an address of this machine, which nobody else can reach or listen to."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False
