"""HTTP to addresses that people or other systems have given: only to public ones, whatever a name resolves to.

The check is made at the moment of connecting, on the very address that is connected to, so a name that resolves to
something else a moment later gains nothing. Redirects are not followed, no proxy of the environment is used, answers
are read up to a limit, and one deadline holds for all of it, name resolution included.

`httpcore`, because how it connects, reads and writes can be replaced by its public interface (a network backend).
"""

import ipaddress
import socket
import threading
import time
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from ssl import SSLContext
from typing import Any
from urllib.parse import SplitResult, urlsplit

import httpcore
from django.conf import settings

LONGEST_ADDRESS = 2000
CONNECT_SECONDS = 3.0
MOST_CONNECTIONS, KEPT_OPEN, KEPT_OPEN_SECONDS = 64, 32, 15.0

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

# Beyond what `ipaddress` says of its own accord, which differs with Python's versions.
_NEVER = [
    ipaddress.ip_network(text)
    for text in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12"),
        *("192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15"),
        *("198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
        *("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"),  # Teredo, documentation, 6to4
    )
]
# All else of IPv6 is private, link-local, multicast, or an IPv4 address in disguise (mapped, NAT64).
_PUBLIC_IPV6 = ipaddress.ip_network("2000::/3")

_ends_at: ContextVar[float] = ContextVar("public_http_deadline")


class NotPublic(Exception):
    """Nothing was sent: the address may not be spoken to. The message says why and is fit for staff."""


class NoAnswer(Exception):
    """It could not be reached, or its answer could not be read. The message is fit for staff and names no address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """`headers` have names in lower case. `seconds` is how long it took. A redirect is an answer like any other."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)
    seconds: float


def check(url: str) -> SplitResult:
    """Returns the parts of an address that may be asked, as far as can be told without asking. Raises NotPublic."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise NotPublic("This is not a web address.") from None
    if len(url) > LONGEST_ADDRESS or not url.isascii() or not url.isprintable() or " " in url:
        raise NotPublic("This is not a web address.")
    if not parts.hostname or parts.username is not None or parts.password is not None or parts.fragment:
        raise NotPublic("The address needs a host, and no name, password or # part.")
    if _is_local_origin(parts.hostname, port or _DEFAULT_PORTS.get(parts.scheme, 0)):
        return parts
    if parts.scheme != "https":
        raise NotPublic("The address must begin with https://.")
    for address in _written_addresses(parts.hostname):
        _refuse_unless_public(address)
    return parts


def ask(
    method: str,
    url: str,
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    seconds: float,
    most_bytes: int,
) -> Answer:
    """Sends one request and returns the answer, all within `seconds`; of its body `most_bytes` at most are read.

    Raises NotPublic and NoAnswer. A longer body is NoAnswer too.
    """
    check(url)
    started = time.monotonic()
    token = _ends_at.set(started + seconds)
    sent = {"User-Agent": "onboarding-portal", "Accept-Encoding": "identity", **(headers or {})}
    try:
        with _pool().stream(method, url, headers=list(sent.items()), content=body or None) as response:
            read = _read(response.iter_stream(), most_bytes)
            answered = {
                name.decode("latin-1").lower(): value.decode("latin-1") for name, value in response.headers
            }
            status = response.status
    except httpcore.TimeoutException:
        raise NoAnswer("No answer in time.") from None
    except (httpcore.ConnectError, OSError):
        raise NoAnswer("No connection.") from None
    except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.UnsupportedProtocol):
        raise NoAnswer("The connection broke, or the answer is no HTTP.") from None
    finally:
        _ends_at.reset(token)
    return Answer(status=status, headers=answered, body=read, seconds=time.monotonic() - started)


_DEFAULT_PORTS = {"https": 443, "http": 80}


def _read(chunks: Iterable[bytes], most_bytes: int) -> bytes:
    read = bytearray()
    for chunk in chunks:
        read += chunk
        if len(read) > most_bytes:
            raise NoAnswer("The answer is too long.")
    return bytes(read)


def is_public(address: Address) -> bool:
    if address.version == 6 and address not in _PUBLIC_IPV6:
        return False
    return address.is_global and not any(
        address in network for network in _NEVER if network.version == address.version
    )


def _refuse_unless_public(address: Address) -> None:
    if not is_public(address):
        raise NotPublic("The address is not a public one.")


def _is_local_origin(host: str, port: int) -> bool:
    """For the demo and the tests alone: a start with such a setting elsewhere is refused."""
    return (host, port) in {_host_and_port(origin) for origin in settings.LOCAL_ORIGINS}


def _host_and_port(origin: str) -> tuple[str | None, int]:
    parts = urlsplit(origin)
    return parts.hostname, parts.port or _DEFAULT_PORTS[parts.scheme]


def _written_addresses(host: str) -> list[Address]:
    """The address that `host` is in some spelling, decimal or octal as well; none if it is a name."""
    try:
        return [ipaddress.ip_address(host)]
    except ValueError:
        pass
    try:
        return [ipaddress.IPv4Address(socket.inet_aton(host))]
    except OSError:
        return []


def _left(at_most: float | None) -> float:
    left = _ends_at.get() - time.monotonic()
    if left <= 0:
        raise httpcore.ReadTimeout
    return left if at_most is None else min(left, at_most)


def _resolve(host: str, port: int) -> list[Address]:
    """All addresses of a name, in the order they are to be tried. A resolver that hangs is left behind."""
    found: list[Any] = []
    problem: list[OSError | UnicodeError] = []

    def look_up() -> None:
        try:
            found.extend(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
        except (OSError, UnicodeError) as error:
            problem.append(error)

    thread = threading.Thread(target=look_up, daemon=True)
    thread.start()
    thread.join(_left(CONNECT_SECONDS))
    if problem or not found:
        raise httpcore.ConnectError
    return [ipaddress.ip_address(each[4][0].split("%")[0]) for each in found]


class _Stream(httpcore.NetworkStream):
    """A connection whose every read and write gets only the time that is left."""

    def __init__(self, stream: httpcore.NetworkStream) -> None:
        self._stream = stream

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, _left(timeout)))

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


class _PublicOnly(httpcore.NetworkBackend):
    def __init__(self) -> None:
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        addresses = _resolve(host, port)
        if not _is_local_origin(host, port):
            for address in addresses:
                _refuse_unless_public(address)
        return _Stream(self._connect_to_first(addresses, port))

    def connect_unix_socket(self, *args: Any, **more: Any) -> httpcore.NetworkStream:
        raise NotPublic("The address is not a public one.")

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def _connect_to_first(self, addresses: list[Address], port: int) -> httpcore.NetworkStream:
        for address in addresses[:-1]:
            try:
                return self._sockets.connect_tcp(str(address), port, _left(CONNECT_SECONDS))
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return self._sockets.connect_tcp(str(addresses[-1]), port, _left(CONNECT_SECONDS))


def close_connections() -> None:
    """Closes what is kept open for the next request."""
    _pool().close()
    _pool.cache_clear()


@cache
def _pool() -> httpcore.ConnectionPool:
    return httpcore.ConnectionPool(
        max_connections=MOST_CONNECTIONS,
        max_keepalive_connections=KEPT_OPEN,
        keepalive_expiry=KEPT_OPEN_SECONDS,
        network_backend=_PublicOnly(),
    )
