"""One box over makes, models and trims: "ioniq 5 long" finds the trims with all three words, "hyndai" Hyundai."""

from collections.abc import Iterable
from dataclasses import dataclass

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
    cars = [*_makes(), *_models(), *_trims()]
    fits = Vocabulary([text for _, text in cars]).fits(query) if query.strip() else {}
    ranked = sorted(fits, key=lambda number: _rank(cars[number], fits[number]))
    if not ranked:
        return SearchResult(hits=[], is_cut=False, is_guess=False)
    best = fits[ranked[0]]
    paths: list[tuple[str, ...]] = []
    for number in ranked:
        path, _ = cars[number]
        if fits[number].share >= best.share * NEARLY_AS_GOOD and not _is_below(path, paths):
            paths.append(path)
    return SearchResult(hits=_picks(paths[:MAX_HITS]), is_cut=len(paths) > MAX_HITS, is_guess=best.is_guess)


def _rank(car: _Car, fit: Fit) -> tuple[float, int, int, str]:
    """Better fits first, then the shorter way, then the fewest other words."""
    path, text = car
    return -round(fit.share, 3), len(path), len(text), text


def _is_below(path: tuple[str, ...], paths: Iterable[tuple[str, ...]]) -> bool:
    return any(path[: len(other)] == other for other in paths)


def _makes() -> Iterable[_Car]:
    for make_id, text in Make.objects.offered().values_list("pk", "search_words"):
        yield (make_id,), text


def _models() -> Iterable[_Car]:
    rows = Model.objects.offered().values_list("make_id", "pk", "search_words", "make__search_words")
    for make_id, model_id, text, of_make in rows:
        # The last word of each is its name written together.
        yield (make_id, model_id), f"{text} {of_make.split()[-1]}{text.split()[-1]}"


def _trims() -> Iterable[_Car]:
    rows = Trim.objects.offered().values_list(
        "model__make_id", "model_id", "pk", "search_words", "battery_size_wh"
    )
    for make_id, model_id, trim_id, text, size_wh in rows:
        battery = "" if size_wh is None else f" {size_wh / 1000:.0f} kwh"
        yield (make_id, model_id, trim_id), text + battery


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
