"""The search over a whole catalogue: what people really type, and what rules make of every car's name."""

import random
from collections.abc import Callable, Iterator

import pytest

from onboarding_portal.catalogue.models import Make, Model, Trim
from onboarding_portal.catalogue.search import search
from onboarding_portal.catalogue.words import search_words, words
from onboarding_portal.sandbox.catalogue import load_catalogue

pytestmark = pytest.mark.django_db

LETTERS = "abcdefghijklmnopqrstuvwxyz"

# what is typed -> how the name of the first hit begins
AS_PEOPLE_TYPE = {
    "vw id3": "Volkswagen ID.3",
    "model y lr": "Tesla Model Y Long Range",
    "hyndai": "Hyundai",
    "teslla": "Tesla",
    "volkswagon id.4": "Volkswagen ID.4",
    "polstar": "Polestar",
    "renualt zoe": "Renault Zoe",
    "peugot 208": "Peugeot e-208",
    "mb eqa": "Mercedes-Benz EQA",
    "chevy bolt": "Chevrolet Bolt",
    "opel corsa": "Vauxhall Corsa Electric",
    "nissan leaf 40kwh": "Nissan Leaf",
    "mg 4": "MG4 EV",
    "kia ev 6": "Kia EV6",
    # shortened, run together, turned round, old and new names, with what no car is called
    "id buzz": "Volkswagen ID. Buzz",
    "teslamodel3": "Tesla Model 3",
    "hyundaikona": "Hyundai Kona Electric",
    "konaelectric": "Hyundai Kona Electric",
    "5 ioniq": "Hyundai Ioniq 5",
    "ioniq5": "Hyundai Ioniq 5",
    "corsa e": "Vauxhall Corsa Electric",
    "e208": "Peugeot e-208",
    "e tron gt": "Audi e-tron GT",
    "mach e": "Ford Mustang Mach-E",
    "ipace": "Jaguar I-Pace",
    "i pace": "Jaguar I-Pace",
    "seat born": "Cupra Born",
    "smart for two": "smart EQ fortwo",
    "fiat 500": "Fiat 500e",
    "bmw i3 120ah": "BMW i3 120 Ah",
    "volvo xc40 2021": "Volvo XC40 Recharge",
    "skoda enyaq iv": "Škoda Enyaq iV",
    "zoe ze50": "Renault Zoe",
    "mercedes eqc 400": "Mercedes-Benz EQC",
    "honda e": "Honda e",
    "tesla m": "Tesla Model",
}


@pytest.fixture(autouse=True)
def whole_catalogue() -> None:
    catalogue = load_catalogue()
    Make.objects.bulk_create(
        Make(make_id=make.make_id, name=make.name, search_words=search_words(make.name))
        for make in catalogue.makes.values()
    )
    Model.objects.bulk_create(
        Model(
            model_id=model.model_id,
            make_id=model.make.make_id,
            name=model.name,
            search_words=search_words(model.make.name, model.name),
        )
        for model in catalogue.models.values()
    )
    Trim.objects.bulk_create(
        Trim(
            trim_id=trim.trim_id,
            model_id=trim.model.model_id,
            name=trim.name,
            battery_size_wh=trim.battery_size_wh,
            search_words=search_words(trim.model.make.name, trim.model.name, trim.name),
        )
        for trim in catalogue.trims.values()
    )


def test_what_people_type_finds_their_car_first() -> None:
    found = {query: [hit.name for hit in search(query).hits] for query in AS_PEOPLE_TYPE}

    wrong = {query: hits[:3] for query, hits in found.items() if not _begins(hits, AS_PEOPLE_TYPE[query])}
    assert wrong == {}


def _begins(hits: list[str], name: str) -> bool:
    return bool(hits) and hits[0].startswith(name)


def misspelt(name: str, *, chance: random.Random) -> str:
    """One letter left out, put in, changed, or swapped with the next, in a word of at least five."""
    word = chance.choice([word for word in name.split() if len(word) >= 5 and word.isalpha()])
    place = chance.randrange(len(word))
    letter = chance.choice(LETTERS)
    kept = word[:place], word[place + 1 :]
    wrong = [
        kept[0] + kept[1],
        kept[0] + letter + word[place:],
        kept[0] + letter + kept[1],
        kept[0] + word[place : place + 2][::-1] + word[place + 2 :],
    ]
    return name.replace(word, chance.choice(wrong), 1)


def twice_misspelt(name: str, *, chance: random.Random) -> str:
    return misspelt(misspelt(name, chance=chance), chance=chance)


def run_together(name: str, *, chance: random.Random) -> str:
    return name.replace(" ", "")


def turned_round(name: str, *, chance: random.Random) -> str:
    return " ".join(chance.sample(name.split(), len(name.split())))


def in_capitals(name: str, *, chance: random.Random) -> str:
    return name.upper()


RULES: list[Callable[..., str]] = [misspelt, twice_misspelt, run_together, turned_round, in_capitals]


def _made_by_rules() -> Iterator[tuple[str, str, str]]:
    """What is typed, the make meant and the model meant: thirty of each rule."""
    chance = random.Random(2026)
    catalogue = load_catalogue()
    # Long enough for two mistakes to leave it what it was.
    candidates = [
        model
        for model in catalogue.models.values()
        if any(len(word) >= 6 and word.isalpha() for word in words(f"{model.make.name} {model.name}"))
    ]
    for rule in RULES:
        for model in chance.sample(candidates, 30):
            typed = rule(" ".join(words(f"{model.make.name} {model.name}")), chance=chance)
            yield typed, model.make.make_id, model.model_id


def test_what_rules_make_of_names_finds_the_car_nearly_always() -> None:
    places = []
    for typed, make_id, model_id in _made_by_rules():
        hits = search(typed).hits
        leads_there = [
            hit.make is not None
            and hit.make.pk == make_id
            and (hit.model is None or hit.model.pk == model_id)
            for hit in hits
        ]
        places.append(leads_there.index(True) if True in leads_there else len(hits) + 99)

    assert len(places) == 150
    assert sum(place == 0 for place in places) / len(places) >= 0.95
    assert sum(place < 5 for place in places) / len(places) >= 0.99
