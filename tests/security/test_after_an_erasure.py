"""An owner is erased in the middle of something: their links say so, and what waits for them does nothing."""

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django_tasks_db.models import DBTaskResult

from onboarding_portal.accounts.erasing import THEMSELVES, erase
from onboarding_portal.accounts.models import Invitation
from onboarding_portal.onboarding.models import Claim
from onboarding_portal.onboarding.preparation import prepare_attempt, prepare_due_attempts
from onboarding_portal.onboarding.tasks import read_back_attempt, read_back_due_attempts, sweep_attempts
from onboarding_portal.reconnects.background.tasks import (
    make_links,
    prepare_ways,
    send_mails,
    sweep_reconnects,
    watch_vehicles,
)
from onboarding_portal.reconnects.mailed.unsubscribe import unsubscribe_url
from onboarding_portal.reconnects.models import State
from onboarding_portal.vehicles.tasks import refresh, refresh_due_vehicles
from tests.ev_energy_api import EvEnergyApi
from tests.factories import NOW, make_attempt, make_owner, make_vehicle
from tests.reconnects.rows import make_broken_car, make_emailed, make_reconnect

pytestmark = pytest.mark.django_db


def test_their_pages_and_links_end_plainly(ev_energy_api: EvEnergyApi) -> None:
    owner, client = make_owner(), Client()
    attempt, car = make_attempt(owner=owner), make_vehicle(owner=owner)
    _reconnect, token = make_emailed(vehicle=make_broken_car(owner=owner))
    _invitation, invited = Invitation.objects.invite(email=owner.email, invited_by=None, now=NOW)
    client.force_login(owner, backend="allauth.account.auth_backends.AuthenticationBackend")
    stop = unsubscribe_url(owner=owner).partition("://")[2].partition("/")[2]

    erase(owner=owner, by=THEMSELVES, at_ev_energy=False, now=NOW)

    answers = {
        reverse("vehicles:list"): 302,
        reverse("vehicles:detail", args=[car.pk]): 302,
        reverse("onboarding:makes"): 302,
        reverse("your_data"): 302,
        f"/{stop}": 404,
        reverse("reconnects:lasting", args=[token]): 404,
        reverse("invitation", args=[invited]): 404,
    }
    assert {path: client.get(path).status_code for path in answers} == answers
    back = client.get(reverse("onboarding:return", args=[attempt.pk]), {"vehicle_uid": car.pk})
    assert back.status_code in {200, 302, 404}
    assert not Claim.objects.exists()


@pytest.mark.parametrize("state", [State.QUEUED, State.LINK_READY, State.EMAILED, State.REDIRECTED])
def test_what_waits_for_them_does_nothing(ev_energy_api: EvEnergyApi, state: State) -> None:
    owner = make_owner()
    car, attempt = (
        make_broken_car(owner=owner, refresh_due_at=NOW),
        make_attempt(owner=owner, user_due_at=NOW),
    )
    Claim.objects.create(attempt=attempt, vehicle_id=car.pk, next_try_at=NOW)
    make_reconnect(state, vehicle=car, wants_email=True, next_work_at=NOW)

    erase(owner=owner, by=THEMSELVES, at_ev_energy=False, now=NOW)
    read_back_attempt.call(str(attempt.pk))
    prepare_attempt.call(str(attempt.pk))
    refresh.call(car.pk)
    for work in (
        *(read_back_due_attempts, prepare_due_attempts, refresh_due_vehicles),
        *(prepare_ways, make_links, send_mails, watch_vehicles),
    ):
        work.call()
    sweep_attempts()
    sweep_reconnects()

    assert ev_energy_api.requests == []
    assert mail.outbox == []
    assert not DBTaskResult.objects.exists()
