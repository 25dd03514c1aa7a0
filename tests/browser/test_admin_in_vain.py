"""Staff write to owners whose cars signing in does not help only if they say so."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Permission
from playwright.sync_api import expect
from pytest_django.live_server_helper import LiveServer

from onboarding_portal.reconnects.models import Reconnect
from onboarding_portal.vehicles.models import Cause, StaleReason
from tests.browser.conftest import Visitor
from tests.factories import make_make, make_model, make_staff, make_stale_vehicle

pytestmark = pytest.mark.django_db(transaction=True)

PASSWORD = "a-long-staff-password"
RIGHTS = ["view_vehicle", "view_batch", "view_reconnect", "email_reconnect_links"]


@pytest.mark.parametrize("java_script_enabled", [True, False])
def test_staff_tick_a_cause_in(
    portal: LiveServer, visitor: Callable[..., Visitor], java_script_enabled: bool
) -> None:
    desk = visitor(java_script_enabled=java_script_enabled).page
    model = make_model("EX30", make=make_make("Volvo"))
    helped = make_stale_vehicle(model=model, cause=Cause.SIGN_IN_EXPIRED)
    lapsed = make_stale_vehicle(model=model, cause=Cause.SUBSCRIPTION_LAPSED)
    asleep = make_stale_vehicle(StaleReason.SILENT, model=model, cause=Cause.ASLEEP_OR_OUT_OF_COVERAGE)
    staff = make_staff(password=PASSWORD)
    staff.user_permissions.set(Permission.objects.filter(codename__in=RIGHTS))
    desk.goto(f"{portal.url}/admin/")
    desk.locator("[name=username]").fill(staff.email)
    desk.locator("[name=password]").fill(PASSWORD)
    desk.locator("[type=submit]").click()
    desk.goto(f"{portal.url}/admin/vehicles/vehicle/?stale=yes")
    for car in (helped, lapsed, asleep):
        desk.locator(f"input[name=_selected_action][value={car.pk}]").check()
    desk.locator("select[name=action]").select_option("email_reconnect_links")
    desk.get_by_role("button", name="Go").click()

    expect(desk.get_by_role("group", name="For 2 vehicles signing in does not help")).to_be_visible()
    desk.get_by_label("Subscription lapsed: 1").check()
    desk.get_by_role("button", name="E-mail about 1 vehicle and those ticked").click()

    expect(desk.get_by_text("0 of 2 done")).to_be_visible()
    assert set(Reconnect.objects.values_list("vehicle", flat=True)) == {helped.pk, lapsed.pk}
