from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

import requests
from django.urls import reverse

from onboarding_portal.accounts.models import User
from onboarding_portal.catalogue.models import Make, MakeLogo
from onboarding_portal.ev_energy.turns import TURNS, turns
from tests.factories import make_attempt, make_make, make_model, make_trim
from tests.html_forms import forms_on
from tests.owner_states import World, state


def _of(*picked: object) -> str:
    names = ("makes", "make", "model", "trim")
    return reverse(f"onboarding:{names[len(picked)]}", args=[each.pk for each in picked])  # type: ignore[attr-defined]  # models, all of them


def _some_makes() -> list[Make]:
    names = ["Volvo", "Škoda", "Mercedes-Benz", "Hyundai", "Polestar", "smart", "MG", "Renault"]
    return [make_make(name, onboardable=True) for name in names]


def _leave(world: World, path: str) -> Any:
    """Presses the button that leaves for ev.energy."""
    return next(
        form for form in forms_on(world.get(path)) if form.action == reverse("onboarding:start")
    ).submit(world.client)


@state
def no_makes_yet(world: World) -> Any:
    assert world.owner
    return world.get("/connect/")


@state
def makes(world: World) -> Any:
    assert world.owner
    _some_makes()
    return world.get("/connect/")


@state
def many_makes(world: World) -> Any:
    """What many drive first, letters to jump to."""
    assert world.owner
    _some_makes()
    for name in ("Audi", "BMW", "Citroën", "DS Automobiles", "Ford", "Great Wall Motors and Sons"):
        make_make(name)
    Make.objects.filter(name__in=["Volvo", "MG"]).update(cars_count=3)
    return world.get("/connect/")


@state
def models(world: World) -> Any:
    make = make_make("Volvo")
    make_model("EX30", make=make, onboardable=True)
    make_model("C40 Recharge with a very long name of its own", make=make)
    assert world.owner
    return world.get(_of(make))


@state
def no_models_yet(world: World) -> Any:
    assert world.owner
    return world.get(_of(make_make("Volvo")))


@state
def versions(world: World) -> Any:
    model = make_model("EX30", make=make_make("Volvo"))
    make_trim("Twin Motor", model=model, onboardable=True, battery_size_wh=69_000)
    make_trim("Ultra", model=model)
    assert world.owner
    return world.get(_of(model.make, model))


@state
def found(world: World) -> Any:
    assert world.owner
    _some_makes()
    return world.get("/connect/", q="volvo")


@state
def guessed(world: World) -> Any:
    assert world.owner
    _some_makes()
    return world.get("/connect/", q="polstar")


@state
def found_nothing(world: World) -> Any:
    assert world.owner
    _some_makes()
    return world.get("/connect/", q="zzzzzz")


@state
def cannot_be_connected(world: World) -> Any:
    trim = make_trim("Ultra", model=make_model("EX30", make=make_make("Volvo")))
    assert world.owner
    return world.get(_of(trim.model.make, trim.model, trim))


@state
def before_leaving(world: World) -> Any:
    assert world.owner
    return world.get(_of(make_make("Volvo", onboardable=True, subscription_name="Volvo On Call")))


@state
def before_leaving_to_choose_at_ev_energy(world: World) -> Any:
    assert world.owner
    return world.get(reverse("onboarding:at_ev_energy"))


@state
def pick_refused(world: World) -> Any:
    assert world.owner
    return world.post(reverse("onboarding:start"), make_id="nonsense")


@state
def preparing(world: World) -> Any:
    User.objects.filter(pk=world.owner.pk).update(ev_energy_user_id=None)
    path = _of(make_make("Volvo", onboardable=True))
    with patch("onboarding_portal.ev_energy.turns.WAIT_SECONDS", 0), ExitStack() as others:
        for _ in range(TURNS):
            others.enter_context(turns.taken())
        return _leave(world, path)


@state
def prepared(world: World) -> Any:
    assert world.owner
    return world.get(reverse("onboarding:preparing"), make_id=make_make("Volvo", onboardable=True).pk)


@state
def ev_energy_does_not_answer(world: World) -> Any:
    User.objects.filter(pk=world.owner.pk).update(ev_energy_user_id=None)
    world.api.add_failure("GET", "/users", requests.ConnectionError())
    return _leave(world, _of(make_make("Volvo", onboardable=True)))


@state
def waitlist(world: World) -> Any:
    assert world.owner
    return world.get(reverse("onboarding:waitlist"))


@state
def waitlist_with_nothing_in_it(world: World) -> Any:
    assert world.owner
    return world.post(reverse("onboarding:waitlist"))


@state
def waitlist_joined(world: World) -> Any:
    assert world.owner
    world.api.add_waitlist()
    return world.post(reverse("onboarding:waitlist"), make_name="Aptera", model_name="Luna")


@state
def gave_up(world: World) -> Any:
    attempt = make_attempt(
        owner=world.owner, started_at=world.now, make_id=make_make("Volvo", onboardable=True).pk
    )
    return world.get(reverse("onboarding:return", args=[attempt.pk]))


def _where_one_lives(world: World, **country: str) -> Any:
    model = make_model("Leaf", make=make_make("Nissan"))
    make_model("Ariya", make=model.make, onboardable=True)
    assert world.owner
    path = reverse("onboarding:country", args=[model.make_id, model.pk])
    return world.post(path, **country) if country else world.get(path)


@state
def where_one_lives(world: World) -> Any:
    return _where_one_lives(world)


@state
def where_one_lives_not_said(world: World) -> Any:
    return _where_one_lives(world, country="")


@state
def works_where_one_lives(world: World) -> Any:
    world.api.add_compatibility(compatible=True)
    return _where_one_lives(world, country="FR")


@state
def does_not_work_where_one_lives(world: World) -> Any:
    world.api.add_compatibility(compatible=False)
    return _where_one_lives(world, country="FR")


@state
def where_one_lives_cannot_be_asked(world: World) -> Any:
    world.api.add_failure("GET", "/vehicle_compatibility/check", requests.ConnectionError())
    return _where_one_lives(world, country="FR")


@state
def with_the_makes_logo(world: World) -> Any:
    make = make_make("Volvo", onboardable=True)
    MakeLogo.objects.create(make=make, asked_at=world.now, digest="0" * 64, suffix="png", picture=b"")
    assert world.owner
    return world.get(_of(make))
