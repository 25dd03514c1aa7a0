"""What a worker serves here: answers whose second half comes after as long as the path says, in seconds."""

import time
from collections.abc import Callable, Iterator
from typing import Any


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterator[bytes]:
    start_response("200 OK", [("Content-Length", "3")])
    yield b"o"
    time.sleep(float(environ["PATH_INFO"].strip("/") or 0))
    yield b"k\n"
