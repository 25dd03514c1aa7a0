"""`/vehicle_makes`, `/vehicle_models`, `/vehicle_trims`: lists and single entries."""

import unicodedata
from collections.abc import Iterable
from typing import Protocol, TypeVar

from werkzeug.wrappers import Response

from onboarding_portal.sandbox.context import Call, json_response
from onboarding_portal.sandbox.pagination import page_of_items
from onboarding_portal.sandbox.problems import not_found
from onboarding_portal.sandbox.representations import make_json, model_json, trim_json, wanted_expands

MODEL_EXPANDS = frozenset({"make"})
TRIM_EXPANDS = frozenset({"model", "model.make"})


class Named(Protocol):
    @property
    def name(self) -> str: ...


Item = TypeVar("Item", bound=Named)


def sorting_key(item: Named) -> str:
    return unicodedata.normalize("NFKD", item.name).casefold()


def ordered(call: Call, items: Iterable[Item]) -> list[Item]:
    """By name where asked; any other `ordering` silently falls back to creation order, as the contract has it."""
    ordering = call.text_argument("ordering")
    if ordering in {"name", "-name"}:
        return sorted(items, key=sorting_key, reverse=ordering == "-name")
    return list(items)


def list_makes(call: Call) -> Response:
    makes = ordered(call, call.state.catalogue.makes.values())
    return page_of_items(call, items=makes, represent=lambda make: make_json(call, make))


def get_make(call: Call) -> Response:
    make = call.state.catalogue.makes.get(call.arguments["make_id"])
    if make is None:
        raise not_found()
    return json_response(make_json(call, make))


def list_models(call: Call) -> Response:
    expands = wanted_expands(call, allowed=MODEL_EXPANDS)
    catalogue = call.state.catalogue
    make_id = call.text_argument("make_id")
    models = catalogue.models_of(make_id) if make_id else catalogue.models.values()
    return page_of_items(
        call, items=ordered(call, models), represent=lambda model: model_json(call, model, expands)
    )


def get_model(call: Call) -> Response:
    expands = wanted_expands(call, allowed=MODEL_EXPANDS)
    model = call.state.catalogue.models.get(call.arguments["model_id"])
    if model is None:
        raise not_found()
    return json_response(model_json(call, model, expands))


def list_trims(call: Call) -> Response:
    expands = wanted_expands(call, allowed=TRIM_EXPANDS)
    catalogue = call.state.catalogue
    model_id = call.text_argument("model_id")
    trims = catalogue.trims_of(model_id) if model_id else catalogue.trims.values()
    return page_of_items(
        call, items=ordered(call, trims), represent=lambda trim: trim_json(call, trim, expands)
    )


def get_trim(call: Call) -> Response:
    expands = wanted_expands(call, allowed=TRIM_EXPANDS)
    trim = call.state.trim(call.arguments["trim_id"])
    if trim is None:
        raise not_found()
    return json_response(trim_json(call, trim, expands))
