"""Invitations from files go out in the background: paced, in short slices, by any number of workers.

The row says when its e-mail is due. Whoever is at it has moved that moment forward first; one whose worker was killed
is due again by itself. The try is counted before the e-mail, which bounds the copies a killed worker may lead to.
"""

from datetime import datetime, timedelta
from time import monotonic

from django.db.models import F
from django.utils import timezone
from django_tasks import TaskResultStatus, task
from django_tasks_db.models import DBTaskResult

from onboarding_portal.accounts.invitations import mail
from onboarding_portal.accounts.mail import MailNotSent
from onboarding_portal.accounts.models import Invitation
from onboarding_portal.accounts.paced_mail import take_place
from onboarding_portal.timing import RECONNECT_LEASE, SLICE_SECONDS

DUE = "mail_due_at"
PAUSES = [timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=4)]
LONGEST_PAUSE_OF_MAIL = PAUSES[1]
_NOBODY_IS_WAITING = -50  # as in the rooms above


@task(priority=_NOBODY_IS_WAITING)
def send_invitations() -> None:
    if work_off():
        wake(now=timezone.now())


def wake(*, now: datetime) -> None:
    """Has due invitations sent, unless a task for it waits already. Runs each minute and when a file is confirmed."""
    waiting = DBTaskResult.objects.filter(
        status=TaskResultStatus.READY, task_path=send_invitations.module_path
    )
    if Invitation.objects.mail_due(now=now).exists() and not waiting.exists():
        send_invitations.enqueue()


def sweep_invitations() -> None:
    wake(now=timezone.now())


def work_off(*, seconds: float = SLICE_SECONDS) -> bool:
    """Sends what is due for about so long; returns whether there may be more."""
    ends_at = monotonic() + seconds
    while monotonic() < ends_at:
        now = timezone.now()
        rows = Invitation.objects.mail_due(now=now)
        invitation = rows.take_first(due=DUE, until=now + RECONNECT_LEASE)
        if invitation is None:
            return False
        _send_or_put_off(invitation, now=now)
    return True


def _send_or_put_off(invitation: Invitation, *, now: datetime) -> None:
    """For the holder of the lease, which `mail_due_at` is."""
    held = Invitation.objects.filter(pk=invitation.pk, mail_due_at=invitation.mail_due_at)
    # An invited person's zone is not known: they have never been here.
    if put_off := take_place(address=invitation.email, time_zone="", now=now):
        held.update(mail_due_at=put_off.until, waits_for=put_off.waits_for)
        return
    if not held.update(mail_tries=F("mail_tries") + 1, waits_for=""):
        return
    token = invitation.renew(now=now)
    if token is None:  # accepted meanwhile
        held.update(mail_due_at=None)
        return
    try:
        mail.send(invitation=invitation, token=token)
    except MailNotSent as problem:
        held.update(**_after(problem, tries=invitation.mail_tries + 1, now=now))
    else:
        invitation.note_mailed(now=now)


def _after(problem: MailNotSent, *, tries: int, now: datetime) -> dict[str, object]:
    """A server that takes nothing from anybody is tried until it does; an address it refuses, a few times."""
    if not problem.is_about_address:
        return {"mail_due_at": now + min(PAUSES[min(tries, len(PAUSES)) - 1], LONGEST_PAUSE_OF_MAIL)}
    return {"mail_due_at": now + PAUSES[tries - 1] if tries <= len(PAUSES) else None}
