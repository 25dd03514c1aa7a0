"""Cars that signing in does not help: named on the page that asks, and e-mailed only where staff tick them in."""

from collections.abc import Sequence
from uuid import uuid4

import pytest
from django.http import HttpResponse
from django.test import Client

from onboarding_portal.reconnects.models import Batch, Reconnect
from onboarding_portal.vehicles.models import Cause, StaleReason, Vehicle
from tests.html_forms import forms_on
from tests.reconnects.office import LOOK, choose, staff_with
from tests.reconnects.rows import make_broken_car

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]

LINKS, EMAILS = "request_reconnect_links", "email_reconnect_links"
LAPSED, ASLEEP = Cause.SUBSCRIPTION_LAPSED, Cause.ASLEEP_OR_OUT_OF_COVERAGE


def in_vain(cause: Cause, count: int) -> list[Vehicle]:
    return [
        make_broken_car(cause=cause, stale_reason=StaleReason.SILENT, integration="ACTIVE")
        for _number in range(count)
    ]


def confirm(client: Client, page: HttpResponse, *, ticked: Sequence[str] = ()) -> HttpResponse:
    return forms_on(page)[0].submit(client, including=list(ticked))


def mailed() -> set[str]:
    return set(Reconnect.objects.values_list("vehicle", flat=True))


def pks(vehicles: list[Vehicle]) -> set[str]:
    return {vehicle.pk for vehicle in vehicles}


def test_they_are_named_with_number_and_cause_each_with_a_box_that_is_not_ticked() -> None:
    client = staff_with(*LOOK, EMAILS)
    cars = [make_broken_car(), *in_vain(LAPSED, 2), *in_vain(ASLEEP, 3)]

    page = choose(client, EMAILS, cars).content.decode()

    assert "<b>1 vehicle</b>" in page
    assert "For 5 vehicles signing in does not help" in page
    assert "Subscription lapsed: 2" in page
    assert "Asleep or out of coverage: 3" in page
    assert page.count('type="checkbox" name="including"') == 2
    assert " checked" not in page
    assert "E-mail about 1 vehicle and those ticked" in page


@pytest.mark.parametrize(
    ("ticked", "counts"), [([], (0, 0)), ([LAPSED], (2, 0)), ([ASLEEP], (0, 3)), ([LAPSED, ASLEEP], (2, 3))]
)
def test_only_the_ticked_ones_are_e_mailed(ticked: list[str], counts: tuple[int, int]) -> None:
    client = staff_with(*LOOK, EMAILS)
    helped, lapsed, asleep = [make_broken_car()], in_vain(LAPSED, 2), in_vain(ASLEEP, 3)

    confirm(client, choose(client, EMAILS, helped + lapsed + asleep), ticked=ticked)

    assert mailed() == pks(helped + lapsed[: counts[0]] + asleep[: counts[1]])


def test_where_signing_in_helps_none_of_them_staff_can_still_tick_them_in() -> None:
    client = staff_with(*LOOK, EMAILS)
    page = choose(client, EMAILS, in_vain(LAPSED, 2))
    assert "For none of these vehicles is signing in known to help." in page.content.decode()
    assert "Send e-mails about those ticked" in page.content.decode()

    nothing_ticked = confirm(client, page)
    assert not Batch.objects.exists()
    confirm(client, nothing_ticked, ticked=[LAPSED])

    assert Reconnect.objects.count() == 2


def test_more_of_a_ticked_cause_than_were_shown_are_not_taken_without_asking_again() -> None:
    client = staff_with(*LOOK, EMAILS)
    page = choose(client, EMAILS, [make_broken_car(), *in_vain(LAPSED, 1)], select_across="1")
    in_vain(LAPSED, 1)

    again = confirm(client, page, ticked=[LAPSED])

    assert not Batch.objects.exists()
    assert "The list has changed since you looked." in again.content.decode()
    assert "Subscription lapsed: 2" in again.content.decode()
    assert f'value="{LAPSED}" checked' in again.content.decode()
    confirm(client, again, ticked=[LAPSED])
    assert Reconnect.objects.count() == 3


def test_links_are_made_for_them_too_and_staff_are_told() -> None:
    client = staff_with(*LOOK, LINKS)
    cars = [make_broken_car(), *in_vain(ASLEEP, 2)]

    page = choose(client, LINKS, cars)

    assert "<b>3 vehicles</b>" in page.content.decode()
    assert "They get links all the same." in page.content.decode()
    assert "Asleep or out of coverage: 2" in page.content.decode()
    assert 'name="including"' not in page.content.decode()
    confirm(client, page)
    assert mailed() == pks(cars)


@pytest.mark.parametrize(
    "broken",
    [
        {"including": "NO_SUCH_CAUSE"},
        {"including": LAPSED, f"at_most_{LAPSED}": "x"},
        {"including": LAPSED, f"at_most_{LAPSED}": "-1"},
        {"including": LAPSED, f"at_most_{LAPSED}": "9" * 5000},
        {"at_most": "0"},
    ],
)
def test_a_broken_tick_is_no_confirmation(broken: dict[str, str]) -> None:
    client = staff_with(*LOOK, EMAILS)

    choose(client, EMAILS, in_vain(LAPSED, 1), **{"token": str(uuid4()), "at_most": "1", **broken})

    assert not Batch.objects.exists()
