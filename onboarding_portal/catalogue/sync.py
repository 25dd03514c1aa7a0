"""Keeps makes, models and trims as ev.energy lists them.

Everything is read before anything is written, so a page that fails changes nothing. Entries that ev.energy no longer
lists are retired: vehicles keep pointing at them, pickers stop offering them.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from django.db import transaction

from onboarding_portal.catalogue.models import Entry, Make, Model, Trim
from onboarding_portal.catalogue.words import search_words
from onboarding_portal.ev_energy import resources
from onboarding_portal.ev_energy.client import Client

Row = TypeVar("Row", bound=Entry)

BATCH_SIZE = 500  # rows in one INSERT; SQLite allows 32,766 parameters in a statement

# What a column of ours holds. One odd entry must not keep all the others from being brought up to date.
NAME_LENGTH, ICON_LENGTH, LARGEST_BATTERY_WH = 200, 500, 2**31 - 1


class EmptyCatalogue(Exception):
    """ev.energy listed no makes, models or trims at all; believing it would retire every car."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncResult:
    """How many entries are offered now, how many this run retired, and how many named an unknown parent."""

    makes: int
    models: int
    trims: int
    retired: int
    orphans: int


def sync_catalogue(*, client: Client, now: datetime) -> SyncResult:
    """Reads the whole catalogue in full pages and stores it in one transaction.

    Raises EvEnergyError if a page could not be read and EmptyCatalogue if a list came back empty; nothing is
    changed then.
    """
    makes = {make.make_id: make for make in client.makes()}
    listed_models = {model.model_id: model for model in client.models()}
    listed_trims = {trim.trim_id: trim for trim in client.trims()}
    if not (makes and listed_models and listed_trims):
        raise EmptyCatalogue(
            "ev.energy listed no makes, no models or no trims. The catalogue was left as it is."
        )
    models = {key: model for key, model in listed_models.items() if model.make_id in makes}
    trims = {key: trim for key, trim in listed_trims.items() if trim.model_id in models}

    with transaction.atomic():
        _upsert(Make, [_make_row(make) for make in makes.values()])
        _upsert(Model, [_model_row(model, makes) for model in models.values()])
        _upsert(Trim, [_trim_row(trim, models, makes) for trim in trims.values()])
        retired = _retire(Make, makes, now) + _retire(Model, models, now) + _retire(Trim, trims, now)
    return SyncResult(
        makes=len(makes),
        models=len(models),
        trims=len(trims),
        retired=retired,
        orphans=len(listed_models) - len(models) + len(listed_trims) - len(trims),
    )


def _make_row(make: resources.Make) -> Make:
    return Make(
        make_id=make.make_id,
        name=make.name[:NAME_LENGTH],
        icon_url=make.icon_url if make.icon_url and len(make.icon_url) <= ICON_LENGTH else "",
        subscription_name=(make.subscription_name or "")[:NAME_LENGTH],
        onboardable=make.onboardable,
        search_words=search_words(make.name),
    )


def _model_row(model: resources.Model, makes: dict[str, resources.Make]) -> Model:
    return Model(
        model_id=model.model_id,
        make_id=model.make_id,
        name=model.name[:NAME_LENGTH],
        onboardable=model.onboardable,
        search_words=search_words(makes[model.make_id].name, model.name),
    )


def _trim_row(
    trim: resources.Trim, models: dict[str, resources.Model], makes: dict[str, resources.Make]
) -> Trim:
    model, battery_wh = models[trim.model_id], trim.battery_size_wh
    return Trim(
        trim_id=trim.trim_id,
        model_id=trim.model_id,
        name=trim.name[:NAME_LENGTH],
        battery_size_wh=battery_wh
        if battery_wh is not None and 0 <= battery_wh <= LARGEST_BATTERY_WH
        else None,
        onboardable=trim.onboardable,
        search_words=search_words(makes[model.make_id].name, model.name, trim.name),
    )


def _upsert(kind: type[Row], rows: Sequence[Row]) -> None:
    key = kind._meta.pk.name
    kind._default_manager.bulk_create(
        rows,
        batch_size=BATCH_SIZE,
        update_conflicts=True,
        unique_fields=[key],
        update_fields=[field.name for field in kind._meta.concrete_fields if field.name != key],
    )


def _retire(kind: type[Entry], listed: Collection[str], now: datetime) -> int:
    gone = kind._default_manager.filter(retired_at=None).exclude(pk__in=list(listed))
    return gone.update(retired_at=now)
