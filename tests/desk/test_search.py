"""Staff find an owner by whatever they are told on the phone."""

from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection
from django.test import Client

from onboarding_portal.accounts.models import User
from onboarding_portal.accounts.owner_search import FEW
from tests.factories import make_owner, make_vehicle
from tests.reconnects.office import staff_with

pytestmark = pytest.mark.django_db

USERS, CARS = "/admin/accounts/user/", "/admin/vehicles/vehicle/"


@pytest.fixture
def desk() -> Client:
    return staff_with("view_user", "view_vehicle")


def found(client: Client, list_: str, term: str) -> list[Any]:
    return list(client.get(list_, {"q": term}).context["cl"].queryset)


@pytest.mark.parametrize("list_", [USERS, CARS])
@pytest.mark.parametrize(
    "term",
    [
        "ann.lee",
        "lee@fleet",
        "FLEET.example",
        "  ann.lee@fleet.example ",
        "Leeward",
        "leeWARD",
        "e Leew",
        "vhcl01J443798BF893ZHFQVCS0FA23",
        "VHCL01j443798bf893zhfqvcs0fa23",
        " vhcl01j443798bf893zhfqvcs0fa23 ",
        "user01J443798BF893ZHFQVCS0FA24",
        "USER01j443798bf893zhfqvcs0fa24",
        "an",
    ],
)
def test_any_part_of_an_address_an_id_in_any_case_and_a_name_are_found(
    desk: Client, list_: str, term: str
) -> None:
    owner = make_owner(
        email="ann.lee@fleet.example", name="Anne Leeward", ev_energy_user_id="user01J443798BF893ZHFQVCS0FA24"
    )
    car = make_vehicle(owner=owner, vehicle_id="vhcl01J443798BF893ZHFQVCS0FA23")
    make_vehicle(owner=make_owner(email="bob@elsewhere.example", name="Bob Berg"))

    assert found(desk, list_, term) == [owner if list_ == USERS else car]


@pytest.mark.parametrize("list_", [USERS, CARS])
@pytest.mark.parametrize("term", ["nobody@nowhere", "%", "_", "\\", "'", "%%%", "a_n", "x" * 5000])
def test_what_is_nowhere_finds_nothing_and_signs_are_no_patterns(desk: Client, list_: str, term: str) -> None:
    make_vehicle(owner=make_owner(email="ann@example.com"))

    assert not [row for row in found(desk, list_, term) if "ann@" in str(getattr(row, "owner", row))]


def test_a_word_that_fits_very_many_owners_finds_all_their_cars(desk: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr("onboarding_portal.accounts.owner_search.FEW", 2)
    assert FEW > 2
    cars = [make_vehicle(owner=make_owner(email=f"fleet{number}@example.com")) for number in range(4)]

    assert {car.pk for car in found(desk, CARS, "fleet")} == {car.pk for car in cars}


@pytest.mark.postgres
def test_postgresql_reads_parts_from_an_index() -> None:
    User.objects.bulk_create(
        User(email=f"owner{number}@fleet.example", name=f"Name {number}") for number in range(3000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE accounts_user")
        cursor.execute("SET LOCAL enable_seqscan = off")  # so few rows are read faster without any index

    plans = [
        User.objects.filter(email__contains="r2999@fl").explain(),
        User.objects.filter(name__icontains="ame 2999").explain(),
    ]

    assert "user_email_parts" in plans[0]
    assert "user_name_parts" in plans[1]


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_a_database_user_without_the_right_to_the_extension_does_without_the_indexes(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """As one whom PostgreSQL refuses the extension: for the test the statement is such a refused one."""
    from django.contrib.postgres.operations import TrigramExtension  # noqa: PLC0415  only on PostgreSQL
    from django.db import ProgrammingError  # noqa: PLC0415  only on PostgreSQL

    from onboarding_portal.trigram_index import NO_RIGHT  # noqa: PLC0415  only on PostgreSQL

    def refuse(*_args: Any) -> None:
        raise ProgrammingError("permission denied to create extension")

    monkeypatch.setattr(TrigramExtension, "database_forwards", refuse)
    before, after = BEFORE_AND_AFTER
    call_command("migrate", "accounts", before, verbosity=0)
    try:
        call_command("migrate", "accounts", after, verbosity=0)

        assert NO_RIGHT in caplog.text
        with connection.cursor() as cursor:
            constraints = connection.introspection.get_constraints(cursor, "accounts_user")
        assert "user_email_parts" not in constraints
    finally:
        monkeypatch.undo()
        call_command("migrate", "accounts", before, "--fake", verbosity=0)
        call_command("migrate", verbosity=0)


BEFORE_AND_AFTER = ("0013_sign_ins_and_merged_accounts", "0014_parts_of_addresses_and_names")
