"""The clock's job: reads a slot's part of charges and homes, and finds anew which need of each car is missing."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from onboarding_portal.ev_energy import budget
from onboarding_portal.ev_energy.client import Client, get_client
from onboarding_portal.ev_energy.errors import CanComeBack, EvEnergyError, Forbidden, Invalid, NotFound
from onboarding_portal.ev_energy.granted import lacks, note_refused
from onboarding_portal.ev_energy.priority import Priority, priority
from onboarding_portal.readiness.background.charges import read_charges
from onboarding_portal.readiness.background.first_mail import send_due
from onboarding_portal.readiness.background.homes import read_homes
from onboarding_portal.readiness.background.portion import LEASE, Portion, Progress
from onboarding_portal.readiness.facts import review_all
from onboarding_portal.readiness.models import Readiness, Reading, Subject
from onboarding_portal.readiness.scopes import CHARGED_SCOPE, is_on, steps_wanted
from onboarding_portal.vehicles.pace import SLOT

logger = logging.getLogger(__name__)

# Parts of what the background may send; the sync of all cars has half of it (`vehicles/pace.py`).
PARTS = {Subject.CHARGED: 0.15, Subject.HOMES: 0.05}
SCOPES = {Subject.CHARGED: CHARGED_SCOPE, Subject.HOMES: "user:read"}
READ: dict[Subject, Callable[..., Progress]] = {
    Subject.CHARGED: read_charges,
    Subject.HOMES: read_homes,
}


def follow() -> None:
    """Nothing where the company wants none of it."""
    if not is_on():
        return
    Readiness.objects.of_former_owners().begin_anew()
    while Readiness.objects.make_missing():
        pass
    client = get_client()
    for subject in Subject:
        read(subject, client=client, pages=pages_a_slot(subject), clock=timezone.now)
    review_all(steps=steps_wanted(), now=timezone.now())
    send_due(now=timezone.now())


def read(subject: Subject, *, client: Client, pages: int, clock: Callable[[], datetime]) -> Progress | None:
    """Reads so many pages with the rank of background work; None if another process is at it, or nothing can be."""
    if lacks(SCOPES[subject]):
        return None
    reading = Reading.objects.take(subject, lease_for=LEASE, now=clock())
    if reading is None:
        return None
    try:
        with priority(Priority.BULK):
            return READ[subject](reading, client=client, portion=Portion(pages=pages, now=clock))
    except Forbidden:
        note_refused(SCOPES[subject])
    except (Invalid, NotFound) as error:
        # A cursor that is refused: the stretch, or the list, is read from its beginning.
        reading.write(cursor="", pause_reason=str(error)[:200])
    except CanComeBack as error:
        reading.write(pause_reason=str(error)[:200])
    except EvEnergyError as error:
        logger.warning("%s cannot be read: %s", subject.label, error)
        reading.write(pause_reason=str(error)[:200])
    finally:
        reading.write(lease_expires_at=clock() - timedelta(microseconds=1))
    return None


def pages_a_slot(subject: Subject) -> int:
    """How many pages a slot may read, by the limit ev.energy named last; one at least."""
    state = budget.snapshot()
    background = state.limit - state.reserve - state.staff_reserve
    in_a_slot = background * (SLOT / timedelta(seconds=settings.EV_ENERGY_RATE_WINDOW_SECONDS))
    return max(1, int(in_a_slot * PARTS[subject]))
