"""What wrong passwords of staff are counted by: whose password was tried, and from where."""

import ipaddress
import unicodedata
from collections.abc import Mapping

from django.http import HttpRequest

from onboarding_portal.accounts.sign_in.client_address import client_address
from onboarding_portal.addresses import address_to_look_up

IPV6_PREFIX = 64  # one connection has at least as many addresses as this leaves


def tried_address(request: HttpRequest, credentials: Mapping[str, str] | None = None) -> str:
    """Returns the e-mail address as it is looked up: in another spelling it would have tries of its own."""
    typed = (credentials or request.POST).get("username") or ""
    return address_to_look_up(unicodedata.normalize("NFKC", typed))


def tried_from(request: HttpRequest) -> str:
    """Returns the visitor's address, of IPv6 the network: whoever has one address has all of them."""
    address = ipaddress.ip_address(client_address(request))
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network(f"{address}/{IPV6_PREFIX}", strict=False).network_address)
