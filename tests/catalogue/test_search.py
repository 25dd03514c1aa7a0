import pytest

from onboarding_portal.catalogue.search import MAX_HITS, search
from tests.factories import NOW, make_make, make_model, make_trim

pytestmark = pytest.mark.django_db


def names(query: str) -> list[str]:
    return [hit.name for hit in search(query).hits]


@pytest.fixture(autouse=True)
def cars() -> None:
    hyundai = make_make("Hyundai")
    ioniq = make_model("Ioniq 5", make=hyundai)
    make_trim("Long Range AWD", model=ioniq)
    make_trim("Standard Range", model=ioniq)
    make_model("Kona Electric", make=hyundai)
    make_model("ë-C4 X", make=make_make("Citroën"))
    make_model("ID.3", make=make_make("Volkswagen"))
    make_model("Enyaq", make=make_make("Škoda"))


def test_words_of_model_and_trim_find_the_trim() -> None:
    assert names("ioniq 5 long") == ["Hyundai Ioniq 5 Long Range AWD"]


def test_order_of_words_does_not_matter() -> None:
    assert names("long hyundai 5 ioniq") == ["Hyundai Ioniq 5 Long Range AWD"]


def test_make_hides_its_models_and_a_model_its_trims() -> None:
    assert names("hyundai") == ["Hyundai"]
    assert names("ioniq") == ["Hyundai Ioniq 5"]


@pytest.mark.parametrize("query", ["CITROEN", "citroën", "Citroe", "citroe\u0308n"])
def test_case_accents_and_unfinished_words_do_not_matter(query: str) -> None:
    assert names(query) == ["Citroën"]


@pytest.mark.parametrize("query", ["skoda", "Škoda", "šKODA"])
def test_letters_with_a_caron_are_found_without_it(query: str) -> None:
    assert names(query) == ["Škoda"]


@pytest.mark.parametrize("query", ["id3", "ID.3", "id 3", "ID-3", "volkswagen id3"])
def test_names_are_found_however_they_are_spaced(query: str) -> None:
    assert names(query) == ["Volkswagen ID.3"]


@pytest.mark.parametrize("query", ["yundai", "hundai", "hyndai", "hyundia", "hyundaj", "hiundai", "hunday"])
def test_misspelt_words_are_found_and_said_to_be_a_guess(query: str) -> None:
    assert names(query) == ["Hyundai"]
    assert search(query).is_guess


@pytest.mark.parametrize(
    "query", ["hyundai", "hyun", "kona ev", "vw", "VW ID 3", "ioniq 5 lr", "hyundaikona"]
)
def test_what_people_call_a_car_is_no_guess(query: str) -> None:
    assert names(query)
    assert not search(query).is_guess


def test_what_fits_nothing_is_left_out_and_said_to_be_a_guess() -> None:
    assert names("hyundai kona 2021") == ["Hyundai Kona Electric"]
    assert search("hyundai kona 2021").is_guess


def test_a_figure_is_never_taken_for_another() -> None:
    assert search("id3").is_guess is False
    assert search("id4").is_guess
    assert search("ioniq 6 long range").is_guess


@pytest.mark.parametrize(
    "query", ["", "   ", "%", "_", "!!!", "zzz", "\x00", "'; DROP TABLE", "é" * 200, "a b " * 50]
)
def test_nothing_is_found_for_nothing(query: str) -> None:
    assert names(query) == []


def test_retired_cars_are_not_found() -> None:
    make_model("Ioniq 6", make=make_make("Hyundai Retired", retired_at=NOW))

    assert names("ioniq 6") == ["Hyundai Ioniq 5"]


def test_a_long_list_is_cut_and_says_so() -> None:
    kia = make_make("Kia")
    for number in range(MAX_HITS + 5):
        make_model(f"Concept {number}", make=kia)

    result = search("concept")

    assert len(result.hits) == MAX_HITS
    assert result.is_cut


def test_search_takes_six_queries(django_assert_num_queries) -> None:
    with django_assert_num_queries(6):
        search("ioniq 5 long")
