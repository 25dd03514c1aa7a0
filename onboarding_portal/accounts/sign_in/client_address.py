"""The network address a request came from, which the limits on codes and passwords count by."""

import ipaddress
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from onboarding_portal.accounts.audit import requested_from

UNKNOWN_ADDRESS = "::"  # visitors over a Unix socket share one limit
# Whoever rents one address gets the neighbours easily: of IPv6 one connection has at least as many as this leaves.
PREFIXES = {4: 24, 6: 64}


class ClientAddressMiddleware:
    """What is written into the audit log while a request is answered says where it came from."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with requested_from(client_address(request)):
            return self._get_response(request)


def client_address(request: HttpRequest) -> str:
    """Returns the visitor's address as our outermost proxy saw it, or the socket's where no proxy is ours.

    Each proxy appends the address it was called from to X-Forwarded-For. Only the entries our own proxies
    appended, counted from the right, can be believed; everything left of them the visitor may have written.
    """
    count: int = settings.TRUSTED_PROXY_COUNT
    hops = request.headers.get("X-Forwarded-For", "").split(",") if count else []
    candidate = hops[-count].strip() if len(hops) >= count > 0 else ""
    return _as_address(candidate) or _as_address(request.META.get("REMOTE_ADDR", "")) or UNKNOWN_ADDRESS


def client_network(request: HttpRequest) -> str:
    """Returns the network the visitor's address belongs to, for limits on one person: neighbours count as one."""
    address = ipaddress.ip_address(client_address(request))
    return str(ipaddress.ip_network(f"{address}/{PREFIXES[address.version]}", strict=False))


def _as_address(text: str) -> str:
    """Returns the address without a port (some proxies append one), "" if it is none."""
    has_port = text.count(":") == 1 or "]:" in text
    host = text.rpartition(":")[0] if has_port else text
    try:
        address = ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return ""
    # A socket for both versions writes IPv4 addresses so; as one IPv6 network all visitors would share a limit.
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return str(mapped or address)
