"""What is asked of one row and of many is the same rule."""

from datetime import datetime, timedelta
from itertools import product

import pytest

from onboarding_portal.reconnects.models import Reconnect, State
from onboarding_portal.reconnects.timetable import UNSTATED_LIFETIME
from onboarding_portal.vehicles.models import Integration, Vehicle
from tests.reconnects.rows import LINK, make_broken_car, make_reconnect

pytestmark = pytest.mark.django_db
NOW = datetime.fromisoformat("2026-03-01T12:00:00Z")


def test_needing_repair_agrees_with_needs_repair() -> None:
    vehicle = make_broken_car()

    for removed_at, is_disabled, integration, stale_since in product(
        (None, NOW), (False, True), Integration.values, (None, NOW)
    ):
        reason = "SILENT" if stale_since else ""
        Vehicle.objects.filter(pk=vehicle.pk).update(
            removed_at=removed_at,
            is_disabled=is_disabled,
            integration=integration,
            stale_since=stale_since,
            stale_reason=reason,
        )
        vehicle.refresh_from_db()
        assert Vehicle.objects.needing_repair().exists() == vehicle.needs_repair
        assert Vehicle.objects.connectable().exists() == vehicle.is_connectable


@pytest.mark.parametrize("expires_at", [None, NOW, NOW + timedelta(minutes=1)])
@pytest.mark.parametrize("made_at", [NOW - UNSTATED_LIFETIME, NOW - timedelta(minutes=1)])
def test_links_that_ran_out_agree_with_how_long_they_work(
    expires_at: datetime | None, made_at: datetime
) -> None:
    row = make_reconnect(state=State.LINK_READY, url=LINK, expires_at=expires_at, link_made_at=made_at)

    works_until = row.link_works_until
    assert works_until is not None
    assert Reconnect.objects.with_link_run_out(now=NOW).exists() == (works_until <= NOW)
