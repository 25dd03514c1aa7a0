"""Web addresses and hosts as everybody writes them: lower case, letters other than a to z as xn--…, no port that goes
without saying.
"""

import ipaddress
import re
from urllib.parse import urlsplit

import idna
from django.utils.encoding import iri_to_uri

from onboarding_portal.service_urls import CannotBeRead

HOST = re.compile(r"\.?[a-z0-9_]([a-z0-9_.-]*[a-z0-9_.])?|\*")
DEFAULT_PORTS = {"http": 80, "https": 443}


def normal_address(url: str) -> str:
    """Returns the address without a slash at its end where it has no path. Raises CannotBeRead."""
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme, parts.hostname or "", parts.port
    except ValueError:  # brackets that do not close, a port that is none
        scheme, host, port = "", "", None
    if scheme not in DEFAULT_PORTS or not host or port == 0 or any(character.isspace() for character in url):
        raise CannotBeRead("is not a web address. Set it to one that begins with https:// and a host.")
    if parts.username is not None or "@" in parts.netloc:
        raise CannotBeRead("has a user or a password in it. Set it to the address alone.")
    if parts.query or parts.fragment:
        raise CannotBeRead("has a ? or a # in it. Set it to the address alone.")
    shown_port = "" if port in {None, DEFAULT_PORTS[scheme]} else f":{port}"
    whole = parts._replace(netloc=f"{host_in_ascii(host)}{shown_port}")
    return whole.geturl().removesuffix("/") if whole.path == "/" else whole.geturl()


def secure_address(url: str) -> str:
    """Returns an address with https, which may have a path and a query. Raises CannotBeRead."""
    bare, mark, query = url.partition("?")
    normal = normal_address(bare)
    if not normal.startswith("https://") or "#" in query:
        raise CannotBeRead("is no address with https. Set it to one that begins with https:// and a host.")
    if any(character.isspace() or not character.isprintable() for character in url):
        raise CannotBeRead("has a space in it. Set it to the address alone.")
    return f"{normal}{mark}{query}"


def public_page(url: str) -> str:
    """Returns the https address of a page, which may have a path, a query and a #. Raises CannotBeRead."""
    bare, mark, place = url.partition("#")
    if not all(character.isprintable() and not character.isspace() for character in place):
        raise CannotBeRead("has a space in it. Set it to the address alone.")
    return iri_to_uri(f"{secure_address(bare)}{mark}{place}")


def origin(url: str) -> str:
    """Returns an address that has no path. Raises CannotBeRead."""
    normal = normal_address(url).rstrip("/")
    if urlsplit(normal).path:
        raise CannotBeRead(
            "has a path. Set it to a scheme and a host alone, such as https://cars.example.com"
        )
    return normal


def host_in_ascii(host: str) -> str:
    """Returns the host as browsers send it: in lower case, an address of IPv6 in brackets. Raises CannotBeRead."""
    host = host.lower()
    bare = host.strip("[]")
    try:
        if ":" in bare:
            return f"[{ipaddress.IPv6Address(bare)}]"
        ascii_host = host if host.isascii() else idna.encode(host, uts46=True).decode()
        if HOST.fullmatch(ascii_host):
            return ascii_host
    except ValueError:  # an IDNAError is one
        pass
    raise CannotBeRead("has a host that cannot exist. Set it to a host alone, such as cars.example.com")
