"""Suppliers and tariffs that fit an owner, as ev.energy lists them; kept a while, as an owner looks at them twice."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

from onboarding_portal.accounts.models import User
from onboarding_portal.ev_energy import shared_cache
from onboarding_portal.ev_energy.client import Client
from onboarding_portal.ev_energy.shared_cache import CacheDown
from onboarding_portal.ev_energy.smart_charging_resources import Tariff
from onboarding_portal.readiness.owner.asking import ask

SCOPE = "tariff:read"
KEPT_SECONDS = 1800.0
MOST_PAGES = 5  # 500 of them: whoever has more finds theirs by ev.energy's own app
MOST_SHOWN = 40

Pairs = list[tuple[str, str]]
N = TypeVar("N")


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One supplier, or one tariff."""

    choice_id: str
    name: str


def suppliers(*, owner: User) -> list[Choice]:
    """Those of where the owner lives, the often chosen ones first. Raises NotNow, NotGranted, Invalid."""

    def read(client: Client) -> Pairs:
        pages = islice(client.suppliers(user_id=owner.ev_energy_user_id or ""), MOST_PAGES)
        found = [supplier for page in pages for supplier in page.items]
        found.sort(key=lambda each: (not each.is_highlighted, each.name.casefold()))
        return [(each.supplier_id, each.name) for each in found]

    return _kept("suppliers", owner, read)


def tariffs(*, owner: User, supplier_id: str) -> list[Choice]:
    """Those of the supplier for the owner, the often chosen ones first. Raises NotNow, NotGranted, Invalid."""

    user_id = owner.ev_energy_user_id or ""

    def read(client: Client) -> Pairs:
        pages = islice(client.tariffs(user_id=user_id, supplier_id=supplier_id), MOST_PAGES)
        found = [tariff for page in pages for tariff in page.items if tariff.supplier_id == supplier_id]
        found.sort(key=lambda each: (not each.is_highlighted, each.name.casefold(), each.grid_area))
        return [(each.tariff_id, _told_apart(each, found)) for each in found]

    return _kept(f"tariffs:{supplier_id}", owner, read)


def matching(choices: Sequence[Choice], *, query: str) -> list[Choice]:
    """Those in whose name all words stand, in their order."""
    words = query.casefold().split()
    return [choice for choice in choices if all(word in choice.name.casefold() for word in words)]


def _told_apart(tariff: Tariff, among: Sequence[Tariff]) -> str:
    """Its name; with the area of the grid where others have the same name."""
    is_twice = sum(other.name == tariff.name for other in among) > 1
    return f"{tariff.name} ({tariff.grid_area.strip('_')})" if is_twice and tariff.grid_area else tariff.name


def _kept(name: str, owner: User, read: Callable[[Client], Pairs]) -> list[Choice]:
    key = f"readiness:{name}:{owner.pk}"
    found: object = None
    with suppress(CacheDown):
        found = shared_cache.read(key)
    if not isinstance(found, list):
        found = ask(read, owner=owner, scope=SCOPE)
        with suppress(CacheDown):
            shared_cache.write(key, found, seconds=KEPT_SECONDS)
    return [Choice(choice_id=choice_id, name=name) for choice_id, name in found]
