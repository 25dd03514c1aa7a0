"""New rules, on, off. Off is at once: nothing more is sent, and what waits is cancelled."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from onboarding_portal.accounts.audit import POLICY, Act, Recorder, record
from onboarding_portal.accounts.models import User
from onboarding_portal.reconnects.models import (
    AheadMail,
    Origin,
    Policy,
    PolicyChoice,
    PolicyVersion,
    Reconnect,
    State,
    chunks,
    move_all,
)

STOPPED = "The policy was stopped before this was sent"


class NoRules(Exception):
    """There is no version of the policy yet, so nothing to switch on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """So many e-mails were cancelled before they were sent, and so many cars get no more reminders."""

    cancelled: int
    without_reminders: int


def write_rules(*, version: PolicyVersion, by: User | None, now: datetime) -> PolicyVersion:
    """Stores the rules as the newest version, by which the policy acts from now on. It stays on or off as it was."""
    version.created_by, version.created_at = by, now
    with transaction.atomic():
        policy = Policy.objects.held(now=now)
        version.save()
        Policy.objects.filter(pk=policy.pk).update(version=version)
        record(act=Act.POLICY_CHANGED, actor=by or POLICY, thing=version, why=version.why)
    return version


def switch_on(*, by: User | None, now: datetime) -> bool:
    """Returns False if it was on. Raises NoRules."""
    with transaction.atomic():
        policy = Policy.objects.held(now=now)
        if policy.version is None:
            raise NoRules
        if policy.is_on:
            return False
        policy.switch(is_on=True, by=by, now=now)
        record(act=Act.POLICY_SWITCHED_ON, actor=by or POLICY, thing=policy.version)
    return True


def stop(*, by: User | None, now: datetime) -> Stopped | None:
    """Switches the policy off and cancels what waits; None if it was off already.

    From the first statement on no worker takes an e-mail of the policy's up. Only one that is being handed to the
    mail server at this moment still goes out.
    """
    with transaction.atomic():
        policy = Policy.objects.held(now=now)
        if not policy.is_on:
            return None
        policy.switch(is_on=False, by=by, now=now)
        record(act=Act.POLICY_STOPPED, actor=by or POLICY, thing=policy.version)
    return finish_stop(by=by, now=now)


def finish_stop(*, by: User | None = None, now: datetime) -> Stopped:
    """While the policy is off: cancels what waits, and ends reminders. The clock calls it, too, once a minute.

    A run that was under way when the policy was stopped may have queued some more, and whoever stopped it may have
    been cut off half-way.
    """
    if Policy.objects.is_on():
        return Stopped(cancelled=0, without_reminders=0)
    waiting = list(_waiting().values_list("pk", flat=True))
    write = Recorder(act=Act.POLICY_CANCELLED, actor=by or POLICY)
    AheadMail.objects.cancel(now=now)
    return Stopped(
        cancelled=sum(_cancel(pks, by=by, now=now, write=write) for pks in chunks(waiting)),
        without_reminders=PolicyChoice.objects.end_reminders(now=now),
    )


def _waiting() -> Any:
    return Reconnect.objects.filter(origin=Origin.RULE, state=State.QUEUED, emailed_at=None)


def _cancel(pks: Sequence[int], *, by: User | None, now: datetime, write: Recorder) -> int:
    """The cars stay chosen: once the policy is on again, they are due as they were."""
    with transaction.atomic():
        rows = _waiting().filter(pk__in=pks)
        count = move_all(rows, State.CANCELLED, now=now, by=by, note=STOPPED, written_by=write)
        cancelled = Reconnect.objects.filter(pk__in=pks, state=State.CANCELLED, emailed_at=None)
        PolicyChoice.objects.filter(reconnect__in=cancelled).update(reconnect=None)
    return count
