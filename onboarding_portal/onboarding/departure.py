"""An owner leaves for ev.energy: the attempt is stored, then the address to go to is built."""

from datetime import datetime

from django.conf import settings
from django.dispatch import Signal
from django.urls import reverse

from onboarding_portal.accounts.allowance import TooOften, count, may
from onboarding_portal.accounts.ev_energy_user import ensure_ev_energy_user, replace_if_gone
from onboarding_portal.accounts.models import User
from onboarding_portal.consents.models import Consent
from onboarding_portal.ev_energy.client import get_client
from onboarding_portal.ev_energy.deadline import deadline
from onboarding_portal.ev_energy.onboarding_url import onboarding_url
from onboarding_portal.ev_energy.turns import turns
from onboarding_portal.onboarding.latest_attempts import LatestAttempts, latest_attempts
from onboarding_portal.onboarding.models import Attempt
from onboarding_portal.onboarding.preparation import prepare_later
from onboarding_portal.owner_limits import Press
from onboarding_portal.timing import OWNER_WAITS_SECONDS

# Sent with the `attempt` whose owner leaves now.
left_to_connect = Signal()


class Preparing(Exception):
    """Many wait for ev.energy already: the background asks who the owner is there. Pressing again goes on."""


def start_attempt(
    *, owner: User, make_id: str, model_id: str, trim_id: str, text_version: str, now: datetime
) -> str:
    """Stores an attempt and returns the address at ev.energy the owner's browser must go to.

    The ids are the ones the owner picked, already found to be enough or all empty (ev.energy then asks for the car
    itself); `text_version` is the text they agreed to. ev.energy is called only if it does not know the owner yet, or
    may have forgotten them: nobody came back from the last attempt with a car. EvEnergyError if that fails, TooOften
    if the owner has begun very many; no attempt is stored then. Preparing if it would take long.
    """
    latest = latest_attempts(owner_id=owner.pk)
    may_begin_at = latest.next_may_begin_at(now=now)
    if may_begin_at > now:
        raise TooOften(comes_back_in=may_begin_at - now)
    if _waits(owner, latest, now=now):
        raise Preparing
    user_id = _user_at_ev_energy(owner, got_nowhere=latest.got_nowhere(now=now), now=now)
    if too_many := latest.too_many_for_one_more():
        Attempt.objects.abandon(too_many, now=now)
    attempt = Attempt.objects.start(
        owner_id=owner.pk, make_id=make_id, model_id=model_id, trim_id=trim_id, now=now
    )
    Consent.objects.say(
        owner_id=owner.pk, make_id=make_id, attempt_id=attempt.pk, text_version=text_version, now=now
    )
    left_to_connect.send(sender=Attempt, attempt=attempt)
    return onboarding_url(
        user_id=user_id,
        make_id=make_id,
        model_id=model_id,
        trim_id=trim_id,
        redirect_uri=settings.PORTAL_URL + reverse("onboarding:return", args=[attempt.pk]),
    )


def is_preparing(*, owner: User, now: datetime) -> bool:
    """Whether the background is still asking who the owner is at ev.energy. One query at most."""
    return _waits(owner, latest_attempts(owner_id=owner.pk), now=now)


def _waits(owner: User, latest: LatestAttempts, *, now: datetime) -> bool:
    return not owner.linked_user_id and latest.in_preparation(now=now) is not None


def _user_at_ev_energy(owner: User, *, got_nowhere: bool, now: datetime) -> str:
    if owner.linked_user_id and not got_nowhere:
        return owner.linked_user_id
    if not owner.linked_user_id:
        count(Press.CONNECT, owner=owner, now=now)
    client = get_client()
    with turns.taken() as is_my_turn, deadline(seconds=OWNER_WAITS_SECONDS):
        # Who may not ask now is sent on with the id we have, which is good in all but a few cases.
        if owner.linked_user_id and is_my_turn and may(Press.CONNECT, owner=owner, now=now):
            replace_if_gone(user=owner, client=client)
        if owner.linked_user_id:
            return owner.linked_user_id
        if is_my_turn:
            return ensure_ev_energy_user(user=owner, client=client)
    prepare_later(owner=owner, now=now)
    raise Preparing
