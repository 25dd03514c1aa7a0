"""One box over makes, models and trims: "ioniq 5 long" finds the trims with all three words, "hyndai" Hyundai."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Manager

from onboarding_portal.catalogue.likeness import Fit, Vocabulary
from onboarding_portal.catalogue.models import Make, Model, Trim
from onboarding_portal.catalogue.pick import Pick

MAX_HITS = 30
NEARLY_AS_GOOD = 0.95  # of the best hit's share


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchResult:
    """The best hits first, whether there were more than fit, and whether they are a guess at what was meant."""

    hits: list[Pick]
    is_cut: bool
    is_guess: bool


# A make, model or trim: its ids from the make down, and the words it carries.
_Car = tuple[tuple[str, ...], str]


def search(query: str) -> SearchResult:
    """Returns what is offered and fits `query` best, whatever the order of its words and small mistakes in them.

    A model is left out where its make is a hit already, a trim where its model is: the shorter way leads there too.
    Takes six queries, whatever the size of the catalogue.
    """
    cars = [*_offered()]
    fits = Vocabulary([text for _, text in cars]).fits(query) if query.strip() else {}
    ranked = sorted(fits, key=lambda number: _rank(cars[number], fits[number]))
    if not ranked:
        return SearchResult(hits=[], is_cut=False, is_guess=False)
    best = fits[ranked[0]]
    paths: dict[tuple[str, ...], None] = {}  # in order
    for number in ranked:
        path, _ = cars[number]
        if len(paths) > MAX_HITS or fits[number].share < best.share * NEARLY_AS_GOOD:
            break
        if not any(path[:length] in paths for length in range(1, len(path))):
            paths[path] = None
    hits = _picks([*paths][:MAX_HITS])
    return SearchResult(hits=hits, is_cut=len(paths) > MAX_HITS, is_guess=best.is_guess)


def _rank(car: _Car, fit: Fit) -> tuple[float, int, int, str, tuple[str, ...]]:
    """Better fits first, then the shorter way, then the fewest other words."""
    path, text = car
    return -round(fit.share, 3), len(path), len(text), text, path


def _offered() -> Iterator[_Car]:
    """All cars on offer. Each table is read once, as it is: joined and sorted they take twice the time."""
    ends, parents = {}, {}
    for make_id, text in _rows(Make.objects, "pk", "search_words"):
        ends[make_id] = text.rpartition(" ")[2]  # the last word of each is its name written together
        yield (make_id,), text
    for make_id, model_id, text in _rows(Model.objects, "make_id", "pk", "search_words"):
        if make_id in ends:
            parents[model_id] = (make_id, model_id)
            yield parents[model_id], f"{text} {ends[make_id]}{text.rpartition(' ')[2]}"
    trims = _rows(Trim.objects, "model_id", "pk", "search_words", "battery_size_wh")
    for model_id, trim_id, text, size_wh in trims:
        if model_id in parents:
            battery = "" if size_wh is None else f" {size_wh / 1000:.0f} kwh"
            yield (*parents[model_id], trim_id), text + battery


def _rows(entries: Manager[Any], *fields: str) -> Iterable[tuple[Any, ...]]:
    return entries.filter(retired_at=None).order_by().values_list(*fields)


def _picks(paths: list[tuple[str, ...]]) -> list[Pick]:
    """What the ids name, in this order."""
    ids = [path[-1] for path in paths]
    makes = Make.objects.in_bulk(ids)
    models = Model.objects.select_related("make").in_bulk(ids)
    trims = Trim.objects.select_related("model__make").in_bulk(ids)
    picks = {make_id: Pick(make=make) for make_id, make in makes.items()}
    picks |= {model_id: Pick(make=model.make, model=model) for model_id, model in models.items()}
    picks |= {
        trim_id: Pick(make=trim.model.make, model=trim.model, trim=trim) for trim_id, trim in trims.items()
    }
    return [picks[each] for each in ids if each in picks]
