"""One box over makes, models and trims: "ioniq 5 long" finds the trims that carry all three words."""

from dataclasses import dataclass
from typing import TypeVar

from django.db.models import QuerySet
from django.db.models.functions import Length

from onboarding_portal.catalogue.models import Entry, Make, Model, Trim
from onboarding_portal.catalogue.pick import Pick
from onboarding_portal.catalogue.words import words

MAX_HITS = 30
MAX_TERMS = 8
_Entry = TypeVar("_Entry", bound=Entry)


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchResult:
    """The best hits, makes before models before trims, and whether there were more than fit."""

    hits: list[Pick]
    is_cut: bool


def search(query: str) -> SearchResult:
    """Returns what is offered and carries every word of `query`, in any order, each at least as a word's beginning.

    A model is left out where its make is a hit already, a trim where its model is: the shorter way leads there too.
    Takes three queries, whatever the size of the catalogue.
    """
    terms = words(query)[:MAX_TERMS]
    if not terms:
        return SearchResult(hits=[], is_cut=False)
    makes = _matching(Make.objects.offered(), terms)
    models = _matching(Model.objects.offered(), terms).exclude(make__in=makes).select_related("make")
    trims = (
        _matching(Trim.objects.offered(), terms)
        .exclude(model__in=_matching(Model.objects.offered(), terms))
        .select_related("model__make")
    )
    hits = [Pick(make=make) for make in _best(makes)]
    hits += [Pick(make=model.make, model=model) for model in _best(models)]
    hits += [Pick(make=trim.model.make, model=trim.model, trim=trim) for trim in _best(trims)]
    return SearchResult(hits=hits[:MAX_HITS], is_cut=len(hits) > MAX_HITS)


def _matching(entries: QuerySet[_Entry], terms: list[str]) -> QuerySet[_Entry]:
    for term in terms:
        entries = entries.filter(search_words__contains=f" {term}")
    return entries


def _best(entries: QuerySet[_Entry]) -> QuerySet[_Entry]:
    """The entries with the fewest other words first; one more than is shown, to know that there are more."""
    return entries.order_by(Length("search_words"), "search_words")[: MAX_HITS + 1]
