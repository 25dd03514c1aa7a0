"""The three e-mails: please reconnect, a reminder, and the good news. Each goes out once.

Before sending, the row is leased and the try is counted; after it, the row says that it was sent. Only a worker
killed between the two leads to a second copy, and the count of tries bounds how many.
"""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.urls import reverse

from onboarding_portal.accounts.mail import MailNotSent, send_mail
from onboarding_portal.reconnects.link.failed_try import end_without_need, release_after_failure
from onboarding_portal.reconnects.mailed.lasting_link import car_name, create_token, is_connected
from onboarding_portal.reconnects.mailed.unsubscribe import unsubscribe_url
from onboarding_portal.reconnects.models import Failure, Reconnect, State, UnstableVehicle
from onboarding_portal.timing import PAUSES, REMINDERS
from onboarding_portal.vehicles.advice import make_name

NEW_ADDRESS = "The owner's e-mail address has changed"
# After so long the good news is none.
NEWS_LIFETIME = timedelta(days=1)


def deliver(*, reconnect: Reconnect, lease: datetime, now: datetime) -> None:
    """Sends the e-mail that is due for the reconnect, if it still makes sense. For the holder of `lease`."""
    if reconnect.state == State.RECONNECTED:
        _tell_reconnected(reconnect, lease=lease, now=now)
    elif reconnect.state in {State.EMAILED, State.OPENED}:
        _remind(reconnect, lease=lease, now=now)
    else:
        _ask_to_reconnect(reconnect, lease=lease, now=now)


def next_mail_at(reconnect: Reconnect, *, reminders_sent: int) -> datetime | None:
    """When an EMAILED or OPENED reconnect is to be looked at again: its next reminder, else the end of its link."""
    if reconnect.emailed_at is None or reminders_sent >= len(REMINDERS):
        return reconnect.lasting_until
    reminder_at = reconnect.emailed_at + REMINDERS[reminders_sent]
    return min(reminder_at, reconnect.lasting_until or reminder_at)


def _ask_to_reconnect(reconnect: Reconnect, *, lease: datetime, now: datetime) -> None:
    owner = reconnect.vehicle.owner
    if not reconnect.vehicle.needs_repair or not owner.is_active:
        end_without_need(reconnect=reconnect, lease=lease, now=now)
        return
    if _is_unstable(reconnect):
        reconnect.try_move(State.CANCELLED, now=now, lease=lease, note="Repairs do not hold: staff first")
        return
    if not _count_try(reconnect, lease=lease):
        reconnect.try_move(State.FAILED, now=now, lease=lease, note="Too many tries", failure=Failure.MAIL)
        return
    token = create_token(reconnect=reconnect, now=now)
    try:
        _send(reconnect, "reconnect", link=_link_to(token))
    except MailNotSent as problem:
        release_after_failure(reconnect=reconnect, lease=lease, problem=problem, now=now)
        return
    reconnect.emailed_at = now
    reconnect.try_move(
        State.EMAILED,
        now=now,
        by=reconnect.requested_by,
        lease=lease,
        wants_email=True,
        failure="",
        failure_detail="",
        next_work_at=next_mail_at(reconnect, reminders_sent=0),
    )


def _remind(reconnect: Reconnect, *, lease: datetime, now: datetime) -> None:
    if reconnect.lasting_until is not None and reconnect.lasting_until <= now:
        reconnect.try_move(State.EXPIRED, now=now, lease=lease, note="The e-mailed link ran out")
        return
    if reconnect.emailed_to != reconnect.vehicle.owner.email:
        reconnect.try_move(State.CANCELLED, now=now, lease=lease, note=NEW_ADDRESS)
        return
    due_at = next_mail_at(reconnect, reminders_sent=reconnect.reminders_sent)
    if due_at is not None and due_at > now:
        Reconnect.objects.filter(pk=reconnect.pk).release(lease=lease, next_work_at=due_at)
        return
    is_wanted = (
        reconnect.reminders_sent < len(REMINDERS)
        and reconnect.vehicle.needs_repair
        and reconnect.vehicle.owner.is_active
        and reconnect.vehicle.owner.wants_reminders
        and not _is_unstable(reconnect)
    )
    if is_wanted and _count_try(reconnect, lease=lease):
        stop_url = unsubscribe_url(owner=reconnect.vehicle.owner)
        headers = {
            "List-Unsubscribe": f"<{stop_url}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }
        token = create_token(reconnect=reconnect, now=now)
        try:
            _send(reconnect, "reminder", link=_link_to(token), headers=headers, stop_url=stop_url)
        except MailNotSent:
            _release_for_retry(reconnect, lease=lease, now=now)
            return
    _after_reminder(reconnect, lease=lease)


def _is_unstable(reconnect: Reconnect) -> bool:
    return UnstableVehicle.objects.flagged().filter(vehicle=reconnect.vehicle).exists()


def _after_reminder(reconnect: Reconnect, *, lease: datetime) -> None:
    """One that was not wanted counts as well: it is not made up for later."""
    sent = min(reconnect.reminders_sent + 1, len(REMINDERS))
    Reconnect.objects.filter(pk=reconnect.pk).release(
        lease=lease, tries=0, reminders_sent=sent, next_work_at=next_mail_at(reconnect, reminders_sent=sent)
    )


def _tell_reconnected(reconnect: Reconnect, *, lease: datetime, now: datetime) -> None:
    is_news = reconnect.reconnected_at is not None and now - reconnect.reconnected_at < NEWS_LIFETIME
    vehicle = reconnect.vehicle
    is_true = is_connected(vehicle) and vehicle.owner.is_active
    told: dict[str, Any] = {}
    if is_news and is_true and _count_try(reconnect, lease=lease):
        try:
            _send(reconnect, "reconnected", link=settings.PORTAL_URL + reverse("vehicles:list"))
            told = {"told_at": now}
        except MailNotSent:
            _release_for_retry(reconnect, lease=lease, now=now)
            return
    Reconnect.objects.filter(pk=reconnect.pk).release(lease=lease, next_work_at=None, tries=0, **told)


def _count_try(reconnect: Reconnect, *, lease: datetime) -> bool:
    """Marks the intent to send; False if it was tried too often, or if the lease is lost."""
    if reconnect.tries > len(PAUSES):
        return False
    row = Reconnect.objects.filter(pk=reconnect.pk, state=reconnect.state, lease_until=lease)
    return bool(row.update(tries=reconnect.tries + 1))


def _release_for_retry(reconnect: Reconnect, *, lease: datetime, now: datetime) -> None:
    pause = PAUSES[min(reconnect.tries, len(PAUSES) - 1)]
    Reconnect.objects.filter(pk=reconnect.pk).release(lease=lease, next_work_at=now + pause)


def _link_to(token: str) -> str:
    return f"{settings.PORTAL_URL}{reverse('reconnects:lasting', args=[token])}"


def _send(
    reconnect: Reconnect, name: str, *, link: str, headers: dict[str, str] | None = None, **context: str
) -> None:
    vehicle = reconnect.vehicle
    send_mail(
        template=f"reconnects/mail/{name}",
        to=vehicle.owner.email,
        context={
            "vehicle": vehicle,
            "car": car_name(vehicle),
            "make": make_name(vehicle),
            "until": reconnect.lasting_until,
            "zone": settings.TIME_ZONE,
            "link": link,
            **context,
        },
        headers={"Auto-Submitted": "auto-generated", **(headers or {})},
    )
