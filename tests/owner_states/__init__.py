"""Every page owners can see, in every state: each is a function that brings about the state and returns the answer.

A new page or state is a function with @state in one of these modules. Tests walk over all of them: accessibility,
layouts, languages. One fails when a template of owners' is on no page of them.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import render
from django.test import Client, RequestFactory
from django.utils import timezone, translation

from onboarding_portal.accounts.models import User
from tests.ev_energy_api import EvEnergyApi, faked_ev_energy
from tests.factories import make_owner


@dataclass
class World:
    """A visitor who is signed in as `owner` once that is asked for, and ev.energy as the state says."""

    api: EvEnergyApi
    now: datetime = field(default_factory=timezone.now)
    client: Client = field(default_factory=lambda: Client(raise_request_exception=False))
    _owner: User | None = None

    @property
    def owner(self) -> User:
        if self._owner is None:
            self._owner = make_owner(email="anna.long-address@brightfield.example")
            self.client.force_login(self._owner, backend=settings.AUTHENTICATION_BACKENDS[-1])
        return self._owner

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(path, query, follow=True)

    def post(self, path: str, **fields: Any) -> Any:
        return self.client.post(path, fields, follow=True)

    def shown(self, template: str, **context: Any) -> HttpResponse:
        """The template alone, for what takes a breakdown to be reached."""
        request = RequestFactory().get("/")
        request.user = self.owner
        return render(request, template, context)


State = Callable[[World], Any]
STATES: dict[str, State] = {}


def state(function: State) -> State:
    name = f"{function.__module__.rpartition('.')[2]}: {function.__name__.replace('_', ' ')}"
    assert name not in STATES, name
    STATES[name] = function
    return function


for _module in iter_modules([str(Path(__file__).parent)]):
    import_module(f"{__name__}.{_module.name}")


@contextmanager
def brought_about(name: str, *, language: str = "en") -> Iterator[Any]:
    """The answer in the state of this name. Nothing of it is left in the database afterwards."""
    with transaction.atomic(), faked_ev_energy() as api, translation.override(language):
        world = World(api)
        world.client.defaults["HTTP_ACCEPT_LANGUAGE"] = language
        yield STATES[name](world)
        transaction.set_rollback(True)
