"""Keeps makes, models and trims as ev.energy lists them.

Everything is read before anything is written, so a page that fails changes nothing. Entries that ev.energy no longer
lists are retired: vehicles keep pointing at them, pickers stop offering them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from django.db import transaction

from onboarding_portal.catalogue.models import Entry, Make, Model, Trim
from onboarding_portal.catalogue.words import search_words
from onboarding_portal.ev_energy import resources
from onboarding_portal.ev_energy.client import Client
from onboarding_portal.ev_energy.json_types import Unreadable
from onboarding_portal.ev_energy.priority import Priority, priority

Row = TypeVar("Row", bound=Entry)

BATCH_SIZE = 500  # rows in one INSERT; SQLite allows 32,766 parameters in a statement

# Columns with what is counted here.
OUR_OWN = ("cars_count",)
# What a column of ours holds. One odd entry must not keep all the others from being brought up to date.
NAME_LENGTH, ICON_LENGTH, LARGEST_BATTERY_WH = 200, 500, 2**31 - 1


class EmptyCatalogue(Exception):
    """ev.energy listed no makes, models or trims at all; believing it would retire every car."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncResult:
    """How many entries are offered now, and how many this run retired.

    Left out were `orphans`, which name an unknown parent, and `unreadable`.
    """

    makes: int
    models: int
    trims: int
    retired: int
    orphans: int
    unreadable: int


def sync_catalogue(*, client: Client, now: datetime) -> SyncResult:
    """Reads the whole catalogue in full pages and stores it in one transaction.

    Raises EvEnergyError if a page could not be read and EmptyCatalogue if a list came back empty; nothing is
    changed then.
    """
    with priority(Priority.BULK):
        makes, models, trims = client.makes(), client.models(), client.trims()
    if not (makes.items and models.items and trims.items):
        raise EmptyCatalogue(
            "ev.energy listed no makes, no models or no trims. The catalogue was left as it is."
        )
    make_rows = _make_rows(makes.items)
    model_rows = _model_rows(models.items, make_rows)
    trim_rows = _trim_rows(trims.items, model_rows)
    with transaction.atomic():
        retired = (
            _store(Make, make_rows, makes.unreadable, now)
            + _store(Model, model_rows, models.unreadable, now)
            + _store(Trim, trim_rows, trims.unreadable, now)
        )
    listed = len(models.items) + len(trims.items)
    return SyncResult(
        makes=len(make_rows),
        models=len(model_rows),
        trims=len(trim_rows),
        retired=retired,
        orphans=listed - len(model_rows) - len(trim_rows),
        unreadable=len(makes.unreadable) + len(models.unreadable) + len(trims.unreadable),
    )


def _names(kind: type[Entry], listed: dict[str, str]) -> dict[str, str]:
    """Each entry's name: as listed, else as it was before, else ""."""
    nameless = [key for key, name in listed.items() if not name]
    known = dict(kind._default_manager.filter(pk__in=nameless).values_list("pk", "name")) if nameless else {}
    return {key: name[:NAME_LENGTH] or known.get(key, "") for key, name in listed.items()}


def _make_rows(makes: Sequence[resources.Make]) -> dict[str, Make]:
    names = _names(Make, {make.make_id: make.name for make in makes})
    return {
        make.make_id: Make(
            make_id=make.make_id,
            name=names[make.make_id] or make.make_id,
            icon_url=make.icon_url if len(make.icon_url) <= ICON_LENGTH else "",
            subscription_name=make.subscription_name[:NAME_LENGTH],
            onboardable=make.onboardable,
            search_words=search_words(names[make.make_id]),
        )
        for make in makes
    }


def _model_rows(models: Sequence[resources.Model], makes: dict[str, Make]) -> dict[str, Model]:
    names = _names(Model, {model.model_id: model.name for model in models})
    return {
        model.model_id: Model(
            model_id=model.model_id,
            make=makes[model.make_id],
            name=names[model.model_id] or makes[model.make_id].name,
            onboardable=model.onboardable,
            search_words=search_words(makes[model.make_id].name, names[model.model_id]),
        )
        for model in models
        if model.make_id in makes
    }


def _trim_rows(trims: Sequence[resources.Trim], models: dict[str, Model]) -> dict[str, Trim]:
    names = _names(Trim, {trim.trim_id: trim.name for trim in trims})
    rows = {}
    for trim in trims:
        if model := models.get(trim.model_id):
            name, battery_wh = names[trim.trim_id], trim.battery_size_wh
            rows[trim.trim_id] = Trim(
                trim_id=trim.trim_id,
                model=model,
                name=name or model.name,
                battery_size_wh=battery_wh if 0 <= (battery_wh or 0) <= LARGEST_BATTERY_WH else None,
                onboardable=trim.onboardable,
                search_words=search_words(model.make.name, model.name, name),
            )
    return rows


def _store(kind: type[Row], rows: dict[str, Row], unreadable: Sequence[Unreadable], now: datetime) -> int:
    """Returns how many were retired: not those that could not be read, and none if it is unknown which those are."""
    key = kind._meta.pk.name
    kind._default_manager.bulk_create(
        rows.values(),
        batch_size=BATCH_SIZE,
        update_conflicts=True,
        unique_fields=[key],
        update_fields=[
            field.name for field in kind._meta.concrete_fields if field.name not in {key, *OUR_OWN}
        ],
    )
    left_out = {entry.entry_id for entry in unreadable}
    if "" in left_out:
        return 0
    gone = kind._default_manager.filter(retired_at=None).exclude(pk__in=[*rows, *left_out])
    return gone.update(retired_at=now)
