"""Whether the cache answers: for `check --deploy`, before a release goes out. A server starts without one."""

from collections.abc import Sequence
from secrets import token_hex
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, register

from onboarding_portal.ev_energy import shared_cache
from onboarding_portal.operations.checks.registry import error


@register(Tags.caches, deploy=True)
def answers(app_configs: Sequence[Any] | None, **_: Any) -> list[CheckMessage]:
    if settings.CACHES["default"]["BACKEND"].endswith("DatabaseCache"):
        return []  # whether its table is there is told with the database
    key, value = f"check:{token_hex(16)}", token_hex(16)
    try:
        shared_cache.write(key, value, seconds=10)
        if shared_cache.read(key) == value:
            return []
    except (
        shared_cache.CacheDown,
        ImportError,
        ValueError,
        TypeError,
    ):  # the last three: E037 says what is wrong
        pass
    return [
        error(
            56,
            "CACHE_URL: the cache cannot be reached, or keeps nothing.",
            "Check host, user and password in CACHE_URL, and that the cache is running; or leave CACHE_URL empty "
            "(a table of the database).",
        )
    ]
