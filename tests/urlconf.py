"""Every address of the URLconf, with sample values in the place of its parameters."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass

from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern

# A new parameter needs a sample here; none of them names anything that exists.
SAMPLES = {
    "make_id": "vmak01J443798BF893ZHFQVCS0FA23",
    "model_id": "vmod01J443798BF893ZHFQVCS0FA23",
    "trim_id": "trim01J443798BF893ZHFQVCS0FA23",
    "vehicle_id": "vhcl01J443798BF893ZHFQVCS0FA23",
    "supplier_id": "supl01J443798BF893ZHFQVCS0FA23",
    "attempt_id": "0b9c2a86-4a7e-4a52-9d0e-5b8f6b1d2c3e",
    "token": "no-such-token",
    "object_id": "1",
    "content_type_id": "1",
    "app_label": "accounts",
    "logged_at": "2024-04-17T09:39:45.984584Z",
    "sampled_at": "2024-04-17T09:39:45.984584Z",
    "hand_over_token": "no-such-token",
    "owner_id": "1",
    "session_id": "0b9c2a86-4a7e-4a52-9d0e-5b8f6b1d2c3e",
    "kind": "command_logs",
    "at": "2024-04-17T09:39:45.984584Z",
    "id": "1",
    "user_id": "1",
    "helper_id": "1",
    "helper_token": "x" * 43,
    "erasure_id": "0b9c2a86-4a7e-4a52-9d0e-5b8f6b1d2c3e",
    "batch_id": "1",
    "import_id": "1",
    "reconnect_id": "1",
    "pk": "1",
    "table": "cars",
    "digest": "0" * 64,
    "suffix": "png",
}
PARTS = 8  # which several processes share
PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")


@dataclass(frozen=True)
class Address:
    """`route` is the whole pattern, `name` the view's name with its namespaces."""

    route: str
    name: str

    def path(self, **values: str) -> str:
        return "/" + PARAMETER.sub(lambda found: {**SAMPLES, **values}[found.group(1)], self.route)


def addresses() -> list[Address]:
    return list(_walk(get_resolver().url_patterns, "", ""))


def parts_of(addresses: Sequence[Address]) -> list[Sequence[Address]]:
    """For tests that ask for all of them: visitors take longer to make than a page to ask for."""
    return [addresses[start::PARTS] for start in range(PARTS)]


@contextmanager
def nothing_stays(*visitors: Client) -> Iterator[None]:
    """What one address writes is not there for the next, nor is anybody signed out there."""
    cookies = [deepcopy(visitor.cookies) for visitor in visitors]
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
    for visitor, kept in zip(visitors, cookies, strict=True):
        visitor.cookies = kept


def _walk(patterns: list[URLPattern | URLResolver], route: str, namespace: str) -> Iterator[Address]:
    for each in patterns:
        here = route + (str(each.pattern) if isinstance(each.pattern, RoutePattern) else "")
        if isinstance(each, URLResolver):
            inner = f"{namespace}{each.namespace}:" if each.namespace else namespace
            yield from _walk(each.url_patterns, here, inner)
        elif isinstance(each.pattern, RoutePattern):
            yield Address(route=here, name=f"{namespace}{each.name or each.callback.__name__}")
        else:  # the admin's last pattern, which takes what no other took
            yield Address(route=f"{here}no-such-page", name=f"{namespace}no-such-page")
