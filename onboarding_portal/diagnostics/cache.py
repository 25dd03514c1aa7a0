"""Answers of ev.energy, kept for a minute in the cache all processes share.

What is kept is the answer's own JSON, not our classes, which would tie what one release wrote to the code of the
next. Failures are not kept: when a scope was granted or ev.energy is back, the next look shows it.
"""

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.utils.crypto import salted_hmac

from onboarding_portal.ev_energy import shared_cache
from onboarding_portal.ev_energy.shared_cache import CacheDown

KEPT_SECONDS = 60


def remembered(parts: tuple[str, ...], ask: Callable[[], Any]) -> Any:
    """What `ask` says, which must be made of JSON's types, or what it said less than a minute ago.

    `parts` tell one question from any other. Without the cache every question is asked.
    """
    key = _key(parts)
    with suppress(CacheDown):
        if isinstance(kept := shared_cache.read(key), str):
            return json.loads(kept)
    answer = ask()
    with suppress(CacheDown):
        shared_cache.write(key, json.dumps(answer), seconds=KEPT_SECONDS)
    return answer


def _key(parts: tuple[str, ...]) -> str:
    # Hashed, because a cursor may hold what a cache does not take as a key. Other credentials see other logs.
    question = json.dumps([settings.EV_ENERGY_API_URL, settings.EV_ENERGY_CLIENT_ID, *parts])
    return f"vehicle_logs:{salted_hmac('diagnostics', question, algorithm='sha256').hexdigest()}"
