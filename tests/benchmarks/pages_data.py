"""The scene of the first views: the whole catalogue and over 60 makes, and an owner with two cars."""

import statistics
import time
from typing import Any

from django.conf import settings
from django.utils import timezone

from onboarding_portal.catalogue.models import Make, Model, Trim
from onboarding_portal.catalogue.search import search
from onboarding_portal.catalogue.words import search_words
from onboarding_portal.sandbox.catalogue import load_catalogue
from tests.benchmarks.start_data import session_of
from tests.factories import make_id, make_owner, make_vehicle

MAKES = 64
QUERIES = [
    *("vw id3", "model y lr", "hyndai", "teslla", "volkswagon id.4", "polstar", "renualt zoe", "peugot 208"),
    *("mb eqa", "chevy bolt", "opel corsa", "nissan leaf 40kwh", "mg 4", "kia ev 6", "zzzzzz", "e"),
]


def prepare() -> dict[str, str]:
    """The session of the owner."""
    _load_catalogue()
    owner = make_owner()
    for make in Make.objects.order_by("pk")[:2]:
        make_vehicle(owner=owner, make=make, last_status_at=timezone.now(), state_of_charge_percentage=63)
    return {"session": session_of(owner, settings.AUTHENTICATION_BACKENDS[-1])}


def search_ms(*, rounds: int) -> dict[str, Any]:
    """Milliseconds of the server for one search, its queries included."""
    took = []
    for query in QUERIES * rounds:
        began = time.perf_counter()
        search(query)
        took.append((time.perf_counter() - began) * 1000)
    return {
        "median": statistics.median(took),
        "p95": statistics.quantiles(took, n=20)[-1],
        "queries": len(QUERIES),
        "cars": Make.objects.count() + Model.objects.count() + Trim.objects.count(),
    }


def _load_catalogue() -> None:
    loaded = load_catalogue()
    makes = [Make(make_id=make.make_id, name=make.name) for make in loaded.makes.values()]
    makes += [Make(make_id=make_id("vmak"), name=f"Another Make {n}") for n in range(len(makes), MAKES)]
    for make in makes:
        make.onboardable, make.search_words = True, search_words(make.name)
    Make.objects.bulk_create(makes)
    Model.objects.bulk_create(
        Model(
            model_id=model.model_id,
            make_id=model.make.make_id,
            name=model.name,
            search_words=search_words(model.make.name, model.name),
        )
        for model in loaded.models.values()
    )
    Trim.objects.bulk_create(
        Trim(
            trim_id=trim.trim_id,
            model_id=trim.model.model_id,
            name=trim.name,
            battery_size_wh=trim.battery_size_wh,
            search_words=search_words(trim.model.make.name, trim.model.name, trim.name),
        )
        for trim in loaded.trims.values()
    )
