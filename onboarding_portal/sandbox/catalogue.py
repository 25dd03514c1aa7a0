"""Makes, models and trims, read from `catalogue.txt`, with the rules of how far an owner must pick."""

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from onboarding_portal.sandbox.identifiers import stable_id

SOURCE = Path(__file__).with_name("catalogue.txt")
DEFAULT_BATTERY_SIZE_WH = 45_000
PICKS = {":=": "model", "=": "trim", "-=": ""}


@dataclass(frozen=True, kw_only=True)
class Make:
    make_id: str
    name: str
    slug: str
    is_enough: bool
    subscription_name: str | None
    subscription_package: str | None
    rank: int | None
    has_icon: bool
    connector: str

    @property
    def item_id(self) -> str:
        return self.make_id


@dataclass(frozen=True, kw_only=True)
class Model:
    model_id: str
    make: Make
    name: str
    is_enough: bool
    default_battery_size_wh: int

    @property
    def item_id(self) -> str:
        return self.model_id


@dataclass(frozen=True, kw_only=True)
class Trim:
    trim_id: str
    model: Model
    name: str
    battery_size_wh: int | None
    is_supported: bool

    @property
    def item_id(self) -> str:
        return self.trim_id


class Catalogue:
    """All of it, in creation order, with the look-ups the API and the pages need."""

    def __init__(self, *, source: str) -> None:
        self.makes: dict[str, Make] = {}
        self.models: dict[str, Model] = {}
        self.trims: dict[str, Trim] = {}
        self._models_of: dict[str, list[Model]] = {}
        self._trims_of: dict[str, list[Trim]] = {}
        make: Make | None = None
        for line in source.splitlines():
            if not line.strip() or line.startswith("# ") or line == "#":
                continue
            if line.startswith("MAKE "):
                make = parse_make(line.removeprefix("MAKE "))
                self.makes[make.make_id] = make
            elif make is not None:
                self._add_model(make=make, line=line)

    def _add_model(self, *, make: Make, line: str) -> None:
        left, trims_text = line.split("= ", maxsplit=1)
        name, operator = left.rstrip(":- "), left.split()[-1] + "=" if left[-1] in ":-" else "="
        model_id = stable_id("vmod", make.name, name)
        trims = parse_trims(trims_text)
        sizes = [size for _, size, _ in trims]
        model = Model(
            model_id=model_id,
            make=make,
            name=name,
            is_enough=PICKS[operator] == "model",
            default_battery_size_wh=max(sizes, key=sizes.count, default=DEFAULT_BATTERY_SIZE_WH),
        )
        self.models[model_id] = model
        self._models_of.setdefault(make.make_id, []).append(model)
        for trim_name, size_wh, is_listed_as_supported in trims:
            trim = Trim(
                trim_id=stable_id("trim", make.name, name, trim_name),
                model=model,
                name=trim_name,
                battery_size_wh=size_wh,
                is_supported=is_listed_as_supported and PICKS[operator] != "",
            )
            self.trims[trim.trim_id] = trim
            self._trims_of.setdefault(model_id, []).append(trim)

    def models_of(self, make_id: str) -> list[Model]:
        return self._models_of.get(make_id, [])

    def trims_of(self, model_id: str) -> list[Trim]:
        return self._trims_of.get(model_id, [])

    def supported_trims(
        self, *, make_id: str | None, model_id: str | None, trim_id: str | None
    ) -> list[Trim]:
        """The trims a pick leaves open, those that can be connected only."""
        if trim_id:
            trims = [self.trims[trim_id]]
        elif model_id:
            trims = self.trims_of(model_id)
        else:
            trims = [
                trim for model in self.models_of(make_id or "") for trim in self.trims_of(model.model_id)
            ]
        return [trim for trim in trims if trim.is_supported]

    def is_model_supported(self, model: Model) -> bool:
        return any(trim.is_supported for trim in self.trims_of(model.model_id))


def hidden_trim(*, model: Model, battery_size_wh: int) -> Trim:
    """The trim ev.energy makes up for a vehicle that is only recorded; it is in no list."""
    return Trim(
        trim_id=stable_id("trim", "hidden", model.model_id, battery_size_wh),
        model=model,
        name=f"Custom ({battery_size_wh / 1000:g} kWh)",
        battery_size_wh=battery_size_wh,
        is_supported=False,
    )


def parse_make(text: str) -> Make:
    name, *options = [part.strip() for part in text.split(";")]
    values = dict(option.split("=", maxsplit=1) for option in options if "=" in option)
    return Make(
        make_id=stable_id("vmak", name),
        name=name,
        slug=slug(name),
        is_enough="make" in options,
        subscription_name=values.get("subscription"),
        subscription_package=values.get("package"),
        rank=int(values["rank"]) if "rank" in values else None,
        has_icon="icon" in options,
        connector=next((option for option in options if option in {"CHADEMO", "NACS"}), "CCS"),
    )


def slug(name: str) -> str:
    """`Citroën` → `citroen`: fit for a path."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")


def parse_trims(text: str) -> list[tuple[str, int, bool]]:
    """(name, battery size in Wh, can be connected) for each trim of a model's line."""
    variants_text, _, levels_text = text.partition(" * ")
    variants = [part.strip().rsplit(" ", maxsplit=1) for part in variants_text.split(",")]
    levels = [level.strip() for level in levels_text.split(",")] if levels_text else [""]
    return [
        (f"{level.lstrip('-')} {name}".strip(), round(float(kwh) * 1000), not level.startswith("-"))
        for name, kwh in variants
        for level in levels
    ]


@cache
def load_catalogue() -> Catalogue:
    return Catalogue(source=SOURCE.read_text(encoding="utf-8"))
