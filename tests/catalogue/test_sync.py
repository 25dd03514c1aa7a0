from datetime import timedelta
from io import StringIO

import pytest
import requests
from django.core.management import CommandError, call_command

from onboarding_portal.catalogue.models import Make, Model, Trim
from onboarding_portal.catalogue.sync import EmptyCatalogue, sync_catalogue
from onboarding_portal.ev_energy.client import get_client
from onboarding_portal.ev_energy.errors import EvEnergyError
from tests.ev_energy_answers import an_id, make_json, model_json, trim_json
from tests.ev_energy_api import EvEnergyApi
from tests.factories import NOW

pytestmark = pytest.mark.django_db


def sync(now=NOW):
    return sync_catalogue(client=get_client(), now=now)


def small_catalogue(api: EvEnergyApi) -> None:
    api.add_makes([make_json(1, name="Volvo", onboardable=False, subscription_name="Volvo On Call")])
    api.add_models([model_json(1, make=1, name="EX30", onboardable=False)])
    api.add_trims([trim_json(1, model=1, name="Twin Motor", battery_size_watt_hours=69000)])


def test_makes_models_and_trims_are_stored(ev_energy_api: EvEnergyApi) -> None:
    small_catalogue(ev_energy_api)

    sync()

    trim = Trim.objects.select_related("model__make").get()
    assert (trim.pk, trim.name, trim.battery_size_wh, trim.onboardable) == (
        an_id("trim"),
        "Twin Motor",
        69000,
        True,
    )
    assert (trim.model.pk, trim.model.name, trim.model.onboardable) == (an_id("vmod"), "EX30", False)
    assert (trim.model.make.name, trim.model.make.subscription_name) == ("Volvo", "Volvo On Call")


def test_full_pages_are_asked_for_and_no_request_too_many(ev_energy_api: EvEnergyApi) -> None:
    trims = [trim_json(number, model=1) for number in range(1, 251)]
    ev_energy_api.add_makes([make_json(1)])
    ev_energy_api.add_models([model_json(1, make=1)])
    ev_energy_api.add_trims(trims[:100], trims[100:200], trims[200:])

    sync()

    assert Trim.objects.count() == 250
    assert len(ev_energy_api.requests) == 5
    assert all("page_size=100" in (request.url or "") for request in ev_energy_api.requests)


def test_number_of_queries_does_not_grow_with_the_rows(
    ev_energy_api: EvEnergyApi, django_assert_max_num_queries
) -> None:
    ev_energy_api.add_makes([make_json(number) for number in range(1, 101)])
    ev_energy_api.add_models([model_json(number, make=number) for number in range(1, 101)])
    ev_energy_api.add_trims([trim_json(number, model=number) for number in range(1, 101)])
    get_client()

    # One upsert and one retirement for each kind; the rest is the token and the budget in the cache's table.
    with django_assert_max_num_queries(120) as few:
        sync()
    ev_energy_api.mock.reset()
    ev_energy_api.add_token()
    small_catalogue(ev_energy_api)
    with django_assert_max_num_queries(120) as fewer:
        sync()

    assert len(catalogue_queries(few)) == len(catalogue_queries(fewer)) == 6


def catalogue_queries(captured) -> list[str]:
    return [query["sql"] for query in captured.captured_queries if "catalogue_" in query["sql"]]


def test_changed_names_are_updated_in_place(ev_energy_api: EvEnergyApi) -> None:
    small_catalogue(ev_energy_api)
    sync()
    ev_energy_api.mock.reset()
    ev_energy_api.add_token()
    ev_energy_api.add_makes([make_json(1, name="Volvo Cars")])
    ev_energy_api.add_models([model_json(1, make=1, name="EX30")])
    ev_energy_api.add_trims([trim_json(1, model=1)])

    sync()

    assert Make.objects.get().name == "Volvo Cars"
    assert " cars" in Model.objects.get().search_words


def test_what_vanished_is_retired_and_comes_back_when_listed_again(ev_energy_api: EvEnergyApi) -> None:
    ev_energy_api.add_makes([make_json(1), make_json(2)])
    ev_energy_api.add_models([model_json(1, make=1), model_json(2, make=2)])
    ev_energy_api.add_trims([trim_json(1, model=1)])
    sync()
    ev_energy_api.mock.reset()
    ev_energy_api.add_token()
    small_catalogue(ev_energy_api)

    result = sync(NOW + timedelta(days=1))

    assert result.retired == 2
    assert list(Make.objects.offered().values_list("pk", flat=True)) == [an_id("vmak", 1)]
    assert Make.objects.get(pk=an_id("vmak", 2)).retired_at == NOW + timedelta(days=1)


def test_a_failing_page_changes_nothing(ev_energy_api: EvEnergyApi) -> None:
    small_catalogue(ev_energy_api)
    sync()
    ev_energy_api.mock.reset()
    ev_energy_api.add_token()
    ev_energy_api.add_makes([make_json(1, name="Changed"), make_json(2)])
    ev_energy_api.add_models([model_json(1, make=1)])
    ev_energy_api.add_failure("GET", "/vehicle_trims", requests.ConnectionError())

    with pytest.raises(EvEnergyError):
        sync()

    assert Make.objects.get().name == "Volvo"


def test_an_empty_list_retires_nothing(ev_energy_api: EvEnergyApi) -> None:
    small_catalogue(ev_energy_api)
    sync()
    ev_energy_api.mock.reset()
    ev_energy_api.add_token()
    ev_energy_api.add_makes([])
    ev_energy_api.add_models([])
    ev_energy_api.add_trims([])

    with pytest.raises(EmptyCatalogue):
        sync()

    assert Make.objects.offered().count() == 1


def test_entries_of_an_unknown_parent_are_left_out_and_counted(ev_energy_api: EvEnergyApi) -> None:
    ev_energy_api.add_makes([make_json(1)])
    ev_energy_api.add_models([model_json(1, make=1), model_json(2, make=9)])
    ev_energy_api.add_trims([trim_json(1, model=1), trim_json(2, model=2)])

    result = sync()

    assert result.orphans == 2
    assert Model.objects.count() == Trim.objects.count() == 1


def test_command_says_what_it_did(ev_energy_api: EvEnergyApi) -> None:
    small_catalogue(ev_energy_api)
    output = StringIO()

    call_command("sync_catalogue", stdout=output)

    assert "1 makes, 1 models, 1 trims; 0 retired" in output.getvalue()


def test_command_fails_plainly(ev_energy_api: EvEnergyApi) -> None:
    ev_energy_api.add_problem("GET", "/vehicle_makes", 403)

    with pytest.raises(CommandError, match="left as it is"):
        call_command("sync_catalogue")


def test_odd_entry_is_made_to_fit_and_keeps_no_other_from_being_stored(ev_energy_api: EvEnergyApi) -> None:
    long = "A name cut in an emoji \ud83d\x00" + "x" * 300
    ev_energy_api.add_makes(
        [make_json(1, name=long, subscription_name=long, icon="https://e.example/" + long)]
    )
    ev_energy_api.add_models([model_json(1, make=1, name=long)])
    ev_energy_api.add_trims(
        [
            trim_json(1, model=1, name=long, battery_size_watt_hours=10**12),
            trim_json(2, model=1, name="Twin Motor", battery_size_watt_hours=-1),
        ]
    )

    sync()

    stored = Trim.objects.select_related("model__make").get(pk=an_id("trim", 1))
    assert {len(entry.name) for entry in (stored, stored.model, stored.model.make)} == {200}
    assert Trim.objects.get(pk=an_id("trim", 2)).name == "Twin Motor"
    assert set(Trim.objects.values_list("battery_size_wh", flat=True)) == {None}
