import pytest

from onboarding_portal.catalogue.pick import PickRefused, resolve_pick
from tests.factories import NOW, make_id, make_make, make_model, make_trim

pytestmark = pytest.mark.django_db


def test_make_alone_is_enough_when_ev_energy_says_so() -> None:
    tesla = make_make("Tesla", onboardable=True)

    pick = resolve_pick(make_id=tesla.pk)

    assert pick.is_enough
    assert pick.name == "Tesla"


def test_make_is_not_enough_without_an_onboarding_url() -> None:
    assert not resolve_pick(make_id=make_make(onboardable=False).pk).is_enough


def test_model_is_enough_where_its_make_is_not() -> None:
    model = make_model(onboardable=True)

    assert resolve_pick(make_id=model.make_id, model_id=model.pk).is_enough


def test_trim_is_enough_where_its_model_is_not() -> None:
    trim = make_trim(onboardable=True)

    pick = resolve_pick(make_id=trim.model.make_id, model_id=trim.model_id, trim_id=trim.pk)

    assert pick.is_enough
    assert pick.name == "Volvo EX30 Twin Motor"


def test_trim_without_an_onboarding_url_is_never_enough() -> None:
    assert not resolve_pick(trim_id=make_trim(onboardable=False).pk).is_enough


def test_parents_are_filled_in_from_the_deepest_id() -> None:
    trim = make_trim()

    pick = resolve_pick(trim_id=trim.pk)

    assert pick.path_ids == [trim.model.make_id, trim.model_id, trim.pk]


def test_no_ids_at_all_are_an_empty_pick() -> None:
    assert resolve_pick().is_empty


@pytest.mark.parametrize("name", ["make_id", "model_id", "trim_id"])
@pytest.mark.parametrize("value", ["vmak00000000000000000000000000", "nonsense", "' OR 1=1", "x" * 5000])
def test_unknown_ids_are_refused(name: str, value: str) -> None:
    with pytest.raises(PickRefused):
        resolve_pick(**{name: value})


def test_model_of_another_make_is_refused() -> None:
    with pytest.raises(PickRefused):
        resolve_pick(make_id=make_make("Kia").pk, model_id=make_model().pk)


def test_trim_of_another_model_is_refused() -> None:
    trim = make_trim()

    with pytest.raises(PickRefused):
        resolve_pick(make_id=trim.model.make_id, model_id=make_model("C40").pk, trim_id=trim.pk)


def test_unknown_make_beside_a_known_trim_is_refused() -> None:
    with pytest.raises(PickRefused):
        resolve_pick(make_id=make_id("vmak"), trim_id=make_trim().pk)


@pytest.mark.parametrize("retired", ["make", "model", "trim"])
def test_retired_entries_are_refused(retired: str) -> None:
    trim = make_trim(onboardable=True)
    entry = {"make": trim.model.make, "model": trim.model, "trim": trim}[retired]
    entry.retired_at = NOW
    entry.save()

    with pytest.raises(PickRefused):
        resolve_pick(trim_id=trim.pk)


def test_a_pick_takes_one_query(django_assert_num_queries) -> None:
    trim = make_trim()

    with django_assert_num_queries(1):
        resolve_pick(make_id=trim.model.make_id, model_id=trim.model_id, trim_id=trim.pk)


def test_a_make_that_stands_in_the_models_name_is_not_said_twice() -> None:
    model = make_model("MG5 EV", make=make_make("MG"))

    assert resolve_pick(model_id=model.pk).name == "MG5 EV"
