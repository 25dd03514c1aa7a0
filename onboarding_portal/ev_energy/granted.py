"""Which scopes the application has, as far as ev.energy has said: by its token, and by what it refused.

Kept in the shared cache. What is not known counts as granted: the call itself tells.
"""

import time
from collections.abc import Collection
from contextlib import suppress
from typing import Any

from django.conf import settings
from django.utils.crypto import salted_hmac

from onboarding_portal.ev_energy import shared_cache
from onboarding_portal.ev_energy.shared_cache import CacheDown

SAID_SECONDS = 36_000
REFUSED_SECONDS = 3_600.0  # then it is tried again: somebody may have granted it


def note_said(*, client_id: str, scopes: Collection[str]) -> None:
    """The scopes of a token; an empty list says nothing."""
    if scopes:
        _write(_key("said", client_id), sorted(scopes), SAID_SECONDS)


def note_refused(scope: str) -> None:
    """A call that needs the scope was forbidden."""
    _write(_key("refused", settings.EV_ENERGY_CLIENT_ID, scope), time.time(), REFUSED_SECONDS)


def lacks(scope: str) -> bool:
    """Whether ev.energy has said that the application does not have the scope."""
    return bool(lacking([scope]))


def lacking(scopes: Collection[str]) -> frozenset[str]:
    """Those that ev.energy has said the application does not have. One read of the cache."""
    client_id = settings.EV_ENERGY_CLIENT_ID
    refused = {scope: _key("refused", client_id, scope) for scope in scopes}
    said_key = _key("said", client_id)
    try:
        found = shared_cache.read_many([said_key, *refused.values()])
    except CacheDown:
        return frozenset()
    said, now = found.get(said_key), time.time()
    return frozenset(
        scope
        for scope, key in refused.items()
        if (isinstance(said, list) and scope not in said) or _is_recent(found.get(key), now=now)
    )


def _is_recent(refused_at: Any, *, now: float) -> bool:
    return isinstance(refused_at, float) and now - refused_at < REFUSED_SECONDS


def _key(kind: str, client_id: str, scope: str = "") -> str:
    name = f"{client_id}\n{settings.EV_ENERGY_TOKEN_URL}\n{scope}"
    return f"ev_energy:scopes:{kind}:{salted_hmac('ev_energy.scopes', name).hexdigest()}"


def _write(key: str, value: Any, seconds: float) -> None:
    with suppress(CacheDown):
        shared_cache.write(key, value, seconds=seconds)
