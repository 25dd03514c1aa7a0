"""What staff do from an owner's page. Each act is one transaction with its entry in the audit log.

A double click, or the same form sent from two tabs, does the act once: the second finds the owner's row locked, and
then what the first has done.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.db import transaction

from onboarding_portal.accounts.audit import Act, about, record
from onboarding_portal.accounts.invitations import mail as invitation_mail
from onboarding_portal.accounts.models import Invitation, MailPause, User
from onboarding_portal.timing import SAME_CLICK
from onboarding_portal.vehicles.models import ByHand, Note, Vehicle


class AlreadyDone(Exception):
    """Somebody, or another click, was first; nothing was done."""


class MayNotBeMailed(Exception):
    """The account is switched off, or all mail to the owner is paused."""


@contextmanager
def _on(owner: User) -> Iterator[None]:
    with transaction.atomic():
        User.objects.select_for_update().get(pk=owner.pk)
        yield


def write_note(*, owner: User, vehicle: Vehicle | None, text: str, by: User, now: datetime) -> None:
    """Raises AlreadyDone for the same note by the same colleague within the same click."""
    with _on(owner):
        same = Note.objects.about(owner).filter(vehicle=vehicle, author=by, text=text)
        if same.filter(written_at__gt=now - SAME_CLICK).exists():
            raise AlreadyDone
        vehicle_id = vehicle.pk if vehicle else None
        Note.objects.write(owner_id=owner.pk, vehicle_id=vehicle_id, text=text, by=by, now=now)
        record(act=Act.NOTE_WRITTEN, actor=by, about=about(vehicle or owner))


def handle_by_hand(
    *, owner: User, vehicle: Vehicle | None, to: User | None, reason: str, by: User, now: datetime
) -> None:
    """For `to`, else for who acts. Raises AlreadyDone if it is that colleague's for that reason already."""
    to = to or by
    vehicle_id = vehicle.pk if vehicle else None
    with _on(owner):
        mine = ByHand.objects.mine(to).filter(owner=owner, vehicle=vehicle, reason=reason)
        if mine.exists():
            raise AlreadyDone
        ByHand.objects.assign(owner_id=owner.pk, vehicle_id=vehicle_id, to=to, reason=reason, by=by, now=now)
        record(act=Act.BY_HAND_BEGUN, actor=by, about=about(vehicle or owner), why=reason)


def end_by_hand(*, row: ByHand, by: User, now: datetime) -> None:
    """Batches and reminders take it in again. Raises AlreadyDone."""
    with _on(row.owner):
        if not ByHand.objects.end(owner_id=row.owner_id, vehicle_id=row.vehicle_id, by=by, now=now):
            raise AlreadyDone
        record(act=Act.BY_HAND_ENDED, actor=by, about=about(row.vehicle or row.owner))


def pause_mail(*, owner: User, reason: str, by: User, now: datetime) -> None:
    """Raises AlreadyDone."""
    with _on(owner):
        if not MailPause.objects.begin(owner_id=owner.pk, by=by, reason=reason, now=now):
            raise AlreadyDone
        record(act=Act.MAIL_PAUSED, actor=by, about=about(owner), why=reason)


def resume_mail(*, owner: User, by: User, now: datetime) -> None:
    """Raises AlreadyDone."""
    with _on(owner):
        if not MailPause.objects.end(owner_id=owner.pk, by=by, now=now):
            raise AlreadyDone
        record(act=Act.MAIL_RESUMED, actor=by, about=about(owner))


def end_sessions(*, owner: User, by: User) -> None:
    with _on(owner):
        User.objects.filter(pk=owner.pk).end_sessions()
        record(act=Act.SIGNED_OUT_EVERYWHERE, actor=by, about=about(owner))


def mail_sign_in_link(*, owner: User, by: User, now: datetime) -> None:
    """Mails a link from which the owner has a code sent with one click: an invitation to who never signed in.

    A code itself works only in the browser that asked for it, so staff cannot send one. Raises AlreadyDone within
    the same click, MayNotBeMailed and MailNotSent.
    """
    with _on(owner):
        if not owner.may_be_mailed:
            raise MayNotBeMailed
        newest = Invitation.objects.for_email(owner.email).open(now=now).order_by("-pk").first()
        if newest is not None and newest.is_fresh(now=now):
            raise AlreadyDone
        if newest is None:
            newest, token = Invitation.objects.invite(email=owner.email, invited_by=by, now=now)
        else:
            token = newest.renew(now=now) or ""
        record(act=Act.SIGN_IN_LINK_SENT, actor=by, about=about(owner))
    invitation_mail.send(invitation=newest, token=token, is_known=owner.last_login is not None, owner=owner)
