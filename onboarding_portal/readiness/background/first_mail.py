"""The one e-mail about a car's first smart charge: once, paced, and not to who wants none."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from onboarding_portal.accounts.language.of_mail import owners_language
from onboarding_portal.accounts.mail import MailNotSent, send_mail
from onboarding_portal.accounts.models import User
from onboarding_portal.accounts.paced_mail import take_place
from onboarding_portal.accounts.viewer_zone import owners_zone
from onboarding_portal.readiness.models import Readiness
from onboarding_portal.readiness.owner.charge_words import latest_charge
from onboarding_portal.vehicles.models import Vehicle

DUE = "first_mail_due_at"
TEMPLATE = "readiness/mail/first_charge"
NEWS_FOR = timedelta(days=4)
AGAIN_AFTER = timedelta(minutes=15)
MOST_AT_ONCE = 200


def send_due(*, now: datetime) -> int:
    """Sends those that are due; returns how many went out."""
    rows = list(Readiness.objects.mail_due(now=now).order_by(DUE)[:MOST_AT_ONCE])
    return sum(_send(row, now=now) for row in rows)


def _send(row: Readiness, *, now: datetime) -> bool:
    rows, owner = Readiness.objects.all(), row.vehicle.owner
    if not _is_wanted(row, owner, now=now):
        rows.release(row, due=DUE, due_at=None)
        return False
    put_off = take_place(address=owner.email, time_zone=owner.time_zone, now=now)
    if put_off:
        rows.release(row, due=DUE, due_at=put_off.until)
        return False
    # Taken before it is sent: killed in between, the owner misses good news, and never gets it twice.
    if not rows.take(row, due=DUE, until=now + AGAIN_AFTER):
        return False
    if not rows.filter(pk=row.pk, first_mailed_at=None).update(first_mailed_at=timezone.now()):
        rows.release(row, due=DUE, due_at=None)
        return False
    try:
        send_mail(template=TEMPLATE, to=owner.email, context=_context(row, owner, now=now), owner=owner)
    except MailNotSent as failure:
        is_over = failure.is_about_address
        rows.filter(pk=row.pk).update(first_mailed_at=row.first_mailed_at if not is_over else now)
        if not is_over:
            return False
    rows.release(row, due=DUE, due_at=None)
    return True


def _is_wanted(row: Readiness, owner: User, *, now: datetime) -> bool:
    """Whether it is news yet, of a car of an owner to whom the portal itself may write."""
    cars = Vehicle.objects.present().not_handled_by_hand()
    return (
        row.first_mailed_at is None
        and row.latest_smart_at is not None
        and now - row.latest_smart_at < NEWS_FOR
        and row.kept_for == owner.pk
        and owner.wants_reminders
        and owner.may_be_mailed
        and cars.filter(pk=row.pk).exists()
    )


def _context(row: Readiness, owner: User, *, now: datetime) -> dict[str, Any]:
    with owners_zone(owner), owners_language(owner):
        charge = latest_charge(row, now=now)
        words = charge.words if charge else ""
    link = f"{settings.PORTAL_URL}{reverse('vehicles:detail', args=[row.pk])}"
    return {"car": row.vehicle.name, "words": words, "charge": charge, "link": link}
