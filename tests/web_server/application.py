"""What a worker serves here: an answer whose second half comes after so many seconds as the path says; and others."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import Any

BIG_BYTES = 3 * 1024 * 1024  # the server holds it for whoever takes it slowly
HUGE_BYTES = 32 * 1024 * 1024  # nobody holds so much
PIECE = b"x" * 65_536


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterator[bytes]:
    path = environ["PATH_INFO"].strip("/")
    if path in OTHERS:
        yield from OTHERS[path](environ, start_response)
        return
    start_response("200 OK", [("Content-Length", "3")])
    yield b"o"
    time.sleep(float(path or 0))
    yield b"k\n"


def big(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterator[bytes]:
    start_response("200 OK", [("Content-Length", str(BIG_BYTES))])
    yield from [PIECE] * (BIG_BYTES // len(PIECE))


def huge(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterator[bytes]:
    start_response("200 OK", [("Content-Length", str(HUGE_BYTES))])
    yield from [PIECE] * (HUGE_BYTES // len(PIECE))


def healthz(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterator[bytes]:
    start_response("200 OK", [])
    yield b"ok\n"


def echo(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterator[bytes]:
    start_response("200 OK", [])
    yield environ["wsgi.input"].read()


def disk(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterator[bytes]:
    """Whether this process may write to a file."""
    start_response("200 OK", [])
    try:
        with tempfile.TemporaryFile() as file:
            file.write(b"x" * 100_000)
    except OSError:
        yield b"refused"
    else:
        yield b"written"


def files(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterator[bytes]:
    """How many files and connections this process has open."""
    start_response("200 OK", [])
    yield str(len(os.listdir("/proc/self/fd"))).encode()


def process(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterator[bytes]:
    start_response("200 OK", [])
    yield str(os.getpid()).encode()


OTHERS = {
    "process": process,
    "healthz": healthz,
    "big": big,
    "huge": huge,
    "echo": echo,
    "disk": disk,
    "files": files,
}
