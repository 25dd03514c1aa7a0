"""Two accounts of one person become one: the cars, notes and history of the other are the kept account's.

ev.energy cannot merge users, nor give a car to another user. So the cars of the other account stay there under its
user, and the closed account keeps that user's id: what a sync reads of it is stored as the kept account's
(`vehicles/store.py`). A kept account that has no user there takes over the other's.
"""

from datetime import datetime

from django.db import transaction

from onboarding_portal import news
from onboarding_portal.accounts.audit import Act, about, record
from onboarding_portal.accounts.mail import MailNotSent, send_mail
from onboarding_portal.accounts.models import Invitation, MailPause, MergedAccount, SentMail, SignIn, User
from onboarding_portal.api.models import HandOver
from onboarding_portal.consents.models import Consent
from onboarding_portal.news import News
from onboarding_portal.onboarding.models import Attempt
from onboarding_portal.reconnects.models import HelperLink, LastingLink, Reconnect, State, move_all
from onboarding_portal.vehicles.models import ByHand, Note, Vehicle

NOTE = "Its owner's two accounts were merged"


class CannotBeMerged(Exception):
    """One of the two is staff's, closed, or the very same account; or somebody was first."""


def check(*, kept: User, other: User) -> None:
    """Raises CannotBeMerged."""
    for user in (kept, other):
        if user.is_staff or user.is_superuser or not user.is_active:
            raise CannotBeMerged
    if kept.pk == other.pk:
        raise CannotBeMerged


def merge(*, kept: User, other: User, by: User, now: datetime) -> None:
    """Moves everything to `kept` and closes `other`, whose sessions, links and invitations end.

    Raises CannotBeMerged, with nothing changed.
    """
    with transaction.atomic():
        rows = User.objects.select_for_update().order_by("pk").in_bulk([kept.pk, other.pk])
        kept, other = rows[kept.pk], rows[other.pk]
        check(kept=kept, other=other)
        _end_ways_in(other, by=by, now=now)
        _move_rows(kept=kept, other=other, by=by, now=now)
        _close(kept=kept, other=other, by=by, now=now)
        record(act=Act.MERGED, actor=by, about=about(kept, other))
        facts = {"former_owner_id": str(other.pk)}
        news.tell(lambda: [News(kind="owner.merged", at=now, owner_id=kept.pk, facts=facts)])


def tell_both(*, kept: User, other: User) -> bool:
    """Mails both addresses, neither of which is named to the other; says whether both could be told."""
    told = [_tell(kept, is_kept=True), _tell(other, is_kept=False)]
    return all(told)


def _tell(user: User, *, is_kept: bool) -> bool:
    try:
        send_mail(template="accounts/email/merged", to=user.email, context={"is_kept": is_kept}, owner=user)
    except MailNotSent:
        return False
    return True


def _end_ways_in(other: User, *, by: User, now: datetime) -> None:
    Invitation.objects.end(email=other.email, now=now)
    LastingLink.objects.filter(owner=other).delete()
    HelperLink.objects.filter(owner=other).delete()
    HandOver.objects.filter(owner=other).close(now=now)
    mailed = Reconnect.objects.filter(
        vehicle__owner=other, state__in=[State.LINK_READY, State.EMAILED, State.OPENED]
    )
    move_all(mailed, State.CANCELLED, now=now, by=by, note=NOTE)


def _move_rows(*, kept: User, other: User, by: User, now: datetime) -> None:
    if ByHand.objects.in_force().filter(owner=kept, vehicle=None).exists():
        ByHand.objects.end(owner_id=other.pk, by=by, now=now)
    if MailPause.objects.in_force().filter(owner=kept).exists():
        MailPause.objects.end(owner_id=other.pk, by=by, now=now)
    for model in (Attempt, ByHand, Consent, HandOver, MailPause, Note, SentMail, SignIn, Vehicle):
        model._default_manager.filter(owner=other).update(owner=kept)
    Invitation.objects.filter(user=other).update(user=kept)
    MergedAccount.objects.filter(into=other).update(into=kept)


def _close(*, kept: User, other: User, by: User, now: datetime) -> None:
    if kept.ev_energy_user_id is None and other.ev_energy_user_id is not None:
        user_id, client_id = other.ev_energy_user_id, other.ev_energy_client_id
        other.ev_energy_user_id, other.ev_energy_client_id = None, ""
        other.save(update_fields=["ev_energy_user_id", "ev_energy_client_id"])
        kept.ev_energy_user_id, kept.ev_energy_client_id = user_id, client_id
    kept.wants_reminders = kept.wants_reminders and other.wants_reminders
    kept.name = kept.name or other.name
    kept.save(update_fields=["ev_energy_user_id", "ev_energy_client_id", "wants_reminders", "name"])
    other.is_active = False
    other.save(update_fields=["is_active"])  # its sessions end with it
    MergedAccount.objects.create(other=other, into=kept, at=now, by_name=by.signature)
