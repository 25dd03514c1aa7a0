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
    client_id = settings.EV_ENERGY_CLIENT_ID
    said = _read(_key("said", client_id))
    if isinstance(said, list) and scope not in said:
        return True
    refused_at = _read(_key("refused", client_id, scope))
    return isinstance(refused_at, float) and time.time() - refused_at < REFUSED_SECONDS


def _key(kind: str, client_id: str, scope: str = "") -> str:
    name = f"{client_id}\n{settings.EV_ENERGY_TOKEN_URL}\n{scope}"
    return f"ev_energy:scopes:{kind}:{salted_hmac('ev_energy.scopes', name).hexdigest()}"


def _write(key: str, value: Any, seconds: float) -> None:
    with suppress(CacheDown):
        shared_cache.write(key, value, seconds=seconds)


def _read(key: str) -> Any:
    try:
        return shared_cache.read(key)
    except CacheDown:
        return None
