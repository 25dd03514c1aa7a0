"""How a check is registered and how it speaks: one message, one remedy, one lasting number."""

import ipaddress
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Warning, register  # noqa: A004  Django's own names

TAG = "portal"
Check = Callable[[], Iterator[CheckMessage]]


def portal_check(check: Check, *, deploy: bool = False) -> Check:
    """Registers a check that needs nothing but settings."""

    def run(app_configs: Sequence[Any] | None, **_: Any) -> list[CheckMessage]:
        return list(check())

    register(run, TAG, deploy=deploy)
    return check


def error(number: int, message: str, remedy: str) -> Error:
    return Error(message, hint=remedy, id=f"portal.E{number:03}")


def warning(number: int, message: str, remedy: str) -> Warning:
    return Warning(message, hint=remedy, id=f"portal.W{number:03}")


def is_loopback(host: str) -> bool:
    """Whether this is a name or an address of this machine, which nobody else can reach or listen to."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
