"""How long the portal waits for its database and its cache, so that nobody in front of a screen waits for ever.

Of themselves their clients would: a server that is there and says nothing is waited for without end. Each statement's
wait ends in `operations/database_waits.py`.
"""

from typing import Any

from django.utils.module_loading import import_string

# A connection, then all that a page asks of the database: together less than ten seconds.
CONNECT_SECONDS = 3
PAGE_SECONDS = 6.0
# Work in the background has statements that take long, and nobody looks at a clock.
BACKGROUND_SECONDS = 60.0
# A page asks a cache about ten times.
CACHE_SECONDS = 0.5
CACHE_BACK_AFTER_SECONDS = 5

# All of them are kept by the client: what is sent to the server at the start of a session is not for every pooler.
POSTGRES_OPTIONS = {
    "connect_timeout": CONNECT_SECONDS,
    # A host that vanished without a word: found out by silence, in seconds and milliseconds.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
}


def impatient_cache(config: dict[str, Any]) -> dict[str, Any]:
    """The settings of a cache, with an end to each wait unless they name one."""
    options = _CACHE_OPTIONS.get(config["BACKEND"].rpartition(".")[2], dict)()
    return {**config, "OPTIONS": {**options, **config.get("OPTIONS", {})}}


def _of_redis() -> dict[str, Any]:
    # Its own way is to try again for seconds.
    once = import_string("redis.retry.Retry")(import_string("redis.backoff.NoBackoff")(), 0)
    return {"socket_connect_timeout": CACHE_SECONDS, "socket_timeout": CACHE_SECONDS, "retry": once}


def _of_pymemcache() -> dict[str, Any]:
    return {
        "connect_timeout": CACHE_SECONDS,
        "timeout": CACHE_SECONDS,
        "retry_attempts": 0,
        "dead_timeout": CACHE_BACK_AFTER_SECONDS,
    }


def _of_pylibmc() -> dict[str, Any]:
    milliseconds = int(CACHE_SECONDS * 1_000)
    return {
        "behaviors": {
            "connect_timeout": milliseconds,
            "send_timeout": milliseconds * 1_000,
            "receive_timeout": milliseconds * 1_000,
            "retry_timeout": CACHE_BACK_AFTER_SECONDS,
        }
    }


_CACHE_OPTIONS = {"RedisCache": _of_redis, "PyMemcacheCache": _of_pymemcache, "PyLibMCCache": _of_pylibmc}
