"""The three e-mails: please reconnect, a reminder, and the good news. Each goes out once.

Before sending, the row is leased and the try is counted; after it, the row says that it was sent. Only a worker
killed between the two leads to a second copy, and the count of tries bounds how many.

An owner with several cars that wait for the same kind of e-mail gets one, with a button for each car. Each car is
still a row of its own: it is asked about, reminded of and left out by itself.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.urls import reverse

from onboarding_portal.accounts.mail import MailNotSent
from onboarding_portal.reconnects.link.failed_try import end_without_need, pause_after, release_after_failure
from onboarding_portal.reconnects.mailed.lasting_link import is_connected
from onboarding_portal.reconnects.mailed.letter import send_letter, send_news
from onboarding_portal.reconnects.mailed.pacing import is_put_off
from onboarding_portal.reconnects.mailed.unsubscribe import unsubscribe_url
from onboarding_portal.reconnects.models import Failure, Leased, Reconnect, State, UnstableVehicle
from onboarding_portal.reconnects.timetable import PAUSES
from onboarding_portal.vehicles.models import ByHand

NEW_ADDRESS = "The owner's e-mail address has changed"
# After so long the good news is none.
NEWS_LIFETIME = timedelta(days=1)
# In one e-mail. Owners of fleets get another one.
MOST_CARS = 50

TO_ASK = frozenset({State.QUEUED, State.LINK_READY})
TO_REMIND = frozenset({State.EMAILED, State.OPENED})


def deliver(*, reconnect: Reconnect, lease: datetime, now: datetime) -> None:
    """Sends the e-mail that is due for the reconnect, if it still makes sense. For the holder of `lease`.

    What was leased along with it for the owner's other cars goes into the same e-mail.
    """
    held = Leased(reconnect=reconnect, lease=lease)
    if reconnect.state == State.RECONNECTED:
        _tell_reconnected(reconnect, lease=lease, now=now)
    elif reconnect.state in TO_REMIND:
        _remind([held, *_others_of(held, states=TO_REMIND)], now=now)
    else:
        _ask_to_reconnect([held, *_others_of(held, states=TO_ASK)], now=now)


def next_mail_at(reconnect: Reconnect, *, reminders_sent: int) -> datetime | None:
    """When an EMAILED or OPENED reconnect is to be looked at again: its next reminder, else the end of its link."""
    if reconnect.emailed_at is None or reminders_sent >= len(reconnect.reminders):
        return reconnect.lasting_until
    reminder_at = reconnect.emailed_at + reconnect.reminders[reminders_sent]
    return min(reminder_at, reconnect.lasting_until or reminder_at)


def _others_of(held: Leased, *, states: Iterable[State]) -> list[Leased]:
    """What waits for the same kind of e-mail to the same owner, and was leased along with it."""
    rows = Reconnect.objects.filter(
        state__in=states, lease_until=held.lease, vehicle__owner=held.reconnect.vehicle.owner_id
    ).exclude(pk=held.reconnect.pk)
    rows = rows.select_related(
        *("vehicle__owner", "vehicle__make", "vehicle__model", "requested_by", "policy_choice__version")
    )
    return [Leased(reconnect=row, lease=held.lease) for row in rows.order_by("pk")]


def _ask_to_reconnect(held: list[Leased], *, now: datetime) -> None:
    wanted = [each for each in held if _is_to_be_asked(each, now=now)]
    is_awaited = any(each.reconnect.at_once for each in wanted)
    if not wanted or (not is_awaited and is_put_off(wanted, now=now)):
        return
    ready = [each for each in wanted if _may_try(each, now=now)]
    if not ready:
        return
    try:
        send_letter("reconnect", reconnects=[each.reconnect for each in ready], now=now)
    except MailNotSent as problem:
        for each in ready:
            release_after_failure(reconnect=each.reconnect, lease=each.lease, problem=problem, now=now)
        return
    for each in ready:
        each.reconnect.emailed_at = now
        each.reconnect.try_move(
            State.EMAILED,
            now=now,
            by=each.reconnect.requested_by,
            lease=each.lease,
            wants_email=True,
            failure="",
            failure_detail="",
            next_work_at=next_mail_at(each.reconnect, reminders_sent=0),
        )


def _is_to_be_asked(held: Leased, *, now: datetime) -> bool:
    """Whether to ask about this car; what is not to be asked about is settled here."""
    reconnect, lease = held.reconnect, held.lease
    if not reconnect.vehicle.needs_repair or not reconnect.vehicle.owner.is_active:
        end_without_need(reconnect=reconnect, lease=lease, now=now)
        return False
    if objection := _objection_to(reconnect):
        reconnect.try_move(State.CANCELLED, now=now, lease=lease, note=objection)
        return False
    return True


def _may_try(held: Leased, *, now: datetime) -> bool:
    """Counts the try; what was tried too often has failed."""
    reconnect, lease = held.reconnect, held.lease
    if not _count_try(reconnect, lease=lease):
        reconnect.try_move(State.FAILED, now=now, lease=lease, note="Too many tries", failure=Failure.MAIL)
        return False
    return True


def _remind(held: list[Leased], *, now: datetime) -> None:
    due = [each for each in held if _is_reminder_due(each, now=now)]
    wanted = [each for each in due if _wants_reminder(each)]
    if wanted and is_put_off(wanted, now=now):
        due, wanted = [each for each in due if each not in wanted], []
    wanted = [each for each in wanted if _count_try(each.reconnect, lease=each.lease)]
    if wanted:
        stop_url = unsubscribe_url(owner=wanted[0].reconnect.vehicle.owner)
        try:
            send_letter(
                "reminder", reconnects=[each.reconnect for each in wanted], now=now, stop_url=stop_url
            )
        except MailNotSent as problem:
            for each in wanted:
                _release_for_retry(each.reconnect, lease=each.lease, problem=problem, now=now)
            due = [each for each in due if each not in wanted]
    for each in due:
        _after_reminder(each.reconnect, lease=each.lease)


def _is_reminder_due(held: Leased, *, now: datetime) -> bool:
    """What has ended or is not due yet is settled here."""
    reconnect, lease = held.reconnect, held.lease
    if reconnect.lasting_until is not None and reconnect.lasting_until <= now:
        reconnect.try_move(State.EXPIRED, now=now, lease=lease, note="The e-mailed link ran out")
        return False
    if reconnect.emailed_to != reconnect.vehicle.owner.email:
        reconnect.try_move(State.CANCELLED, now=now, lease=lease, note=NEW_ADDRESS)
        return False
    due_at = next_mail_at(reconnect, reminders_sent=reconnect.reminders_sent)
    if due_at is not None and due_at > now:
        Reconnect.objects.filter(pk=reconnect.pk).release(lease=lease, next_work_at=due_at)
        return False
    return True


def _wants_reminder(held: Leased) -> bool:
    reconnect = held.reconnect
    return (
        reconnect.reminders_sent < len(reconnect.reminders)
        and reconnect.vehicle.needs_repair
        and reconnect.vehicle.owner.is_active
        and reconnect.vehicle.owner.wants_reminders
        and not _objection_to(reconnect)
    )


def _objection_to(reconnect: Reconnect) -> str:
    """Why nothing is to be asked of the owner, "" if nothing speaks against it."""
    vehicle = reconnect.vehicle
    if UnstableVehicle.objects.flagged().filter(vehicle=vehicle).exists():
        return "Repairs do not hold: staff first"
    if not vehicle.owner.may_be_mailed:
        return "All mail to the owner is paused"
    # What a colleague asked for by itself, and in no batch, is part of handling it.
    is_one_by_one = reconnect.requested_by_id is not None and reconnect.batch_id is None
    if not is_one_by_one and ByHand.objects.of_vehicle(vehicle=vehicle, owner=vehicle.owner_id).exists():
        return "A colleague handles it by hand"
    return ""


def _after_reminder(reconnect: Reconnect, *, lease: datetime) -> None:
    """One that was not wanted counts as well: it is not made up for later."""
    sent = min(reconnect.reminders_sent + 1, len(reconnect.reminders))
    Reconnect.objects.filter(pk=reconnect.pk).release(
        lease=lease, tries=0, reminders_sent=sent, next_work_at=next_mail_at(reconnect, reminders_sent=sent)
    )


def _tell_reconnected(reconnect: Reconnect, *, lease: datetime, now: datetime) -> None:
    is_news = reconnect.reconnected_at is not None and now - reconnect.reconnected_at < NEWS_LIFETIME
    vehicle = reconnect.vehicle
    is_true = is_connected(vehicle) and vehicle.owner.may_be_mailed
    told: dict[str, Any] = {}
    if is_news and is_true and _count_try(reconnect, lease=lease):
        try:
            send_news(reconnect=reconnect, link=settings.PORTAL_URL + reverse("vehicles:list"))
            told = {"told_at": now}
        except MailNotSent as problem:
            _release_for_retry(reconnect, lease=lease, problem=problem, now=now)
            return
    Reconnect.objects.filter(pk=reconnect.pk).release(lease=lease, next_work_at=None, tries=0, **told)


def _count_try(reconnect: Reconnect, *, lease: datetime) -> bool:
    """Marks the intent to send; False if it was tried too often, or if the lease is lost."""
    if reconnect.tries > len(PAUSES):
        return False
    row = Reconnect.objects.filter(pk=reconnect.pk, state=reconnect.state, lease_until=lease)
    return bool(row.update(tries=reconnect.tries + 1))


def _release_for_retry(reconnect: Reconnect, *, lease: datetime, problem: MailNotSent, now: datetime) -> None:
    # Counted when the try began; what the server refuses to everybody never becomes one too many.
    counted = reconnect.tries + 1
    tries = counted if problem.is_about_address else min(counted, len(PAUSES))
    Reconnect.objects.filter(pk=reconnect.pk).release(
        lease=lease, tries=tries, next_work_at=now + pause_after(problem, tries=reconnect.tries)
    )
