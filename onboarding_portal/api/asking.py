"""One of the company's systems asks an owner to reconnect: by the portal's e-mail, or by a link it sends itself."""

from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import translation

from onboarding_portal.accounts import audit
from onboarding_portal.api.models import ApiKey
from onboarding_portal.api.problems import Kind, Problem, invalid
from onboarding_portal.reconnects.background import tasks
from onboarding_portal.reconnects.mailed.lasting_link import create_token
from onboarding_portal.reconnects.models import BatchKind, Origin, Reconnect, State, flag_unstable
from onboarding_portal.reconnects.staff.batch_plan import IN_VAIN, LEFT_OUT, plan_batch
from onboarding_portal.vehicles.models import Vehicle

NOTE = "A link for the company's own mail or app"


def car_named(vehicle_id: str) -> Vehicle:
    """Raises Problem."""
    vehicle = Vehicle.objects.present().select_related("owner", "make").filter(pk=vehicle_id).first()
    if vehicle is None:
        raise invalid("/vehicle_id", "is not known here.")
    return vehicle


def ask_by_email(*, vehicle: Vehicle, key: ApiKey, now: datetime) -> Reconnect:
    """Queues the e-mail, which goes out at its pace and in the owner's day. Raises Problem."""
    flag_unstable(now=now)
    _refuse_if_left_out(vehicle, BatchKind.EMAILS, now=now)
    row = _ask(vehicle, key=key, now=now, wants_email=True, next_work_at=now)
    transaction.on_commit(lambda: tasks.wake(tasks.Lane.MAILS, now=now))
    return row


def ask_by_link(*, vehicle: Vehicle, key: ApiKey, now: datetime) -> tuple[Reconnect, str]:
    """Returns the reconnect and its lasting link, a secret. The portal sends nothing. Raises Problem.

    It is as if the portal had e-mailed the link, except for reminders: those are the company's, too.
    """
    _refuse_if_left_out(vehicle, BatchKind.LINKS, now=now)
    with transaction.atomic():
        row = _ask(vehicle, key=key, now=now)
        token = create_token(reconnect=row, now=now)
        row.move(State.EMAILED, now=now, note=NOTE, next_work_at=row.lasting_until)
    return row, settings.PORTAL_URL + reverse("reconnects:lasting", args=[token])


def _ask(vehicle: Vehicle, *, key: ApiKey, now: datetime, **columns: Any) -> Reconnect:
    try:
        with transaction.atomic():
            row = Reconnect.objects.create(vehicle=vehicle, origin=Origin.API, created_at=now, **columns)
            audit.record(
                act=audit.Act.ASKED_BY_SYSTEM,
                actor=audit.key(key.name),
                about=audit.about(vehicle),
                thing=row,
            )
    except IntegrityError:
        raise _conflict(LEFT_OUT["open"]) from None
    return row


def _refuse_if_left_out(vehicle: Vehicle, kind: BatchKind, *, now: datetime) -> None:
    """The same rules as for staff: nobody is asked twice, in vain, or while somebody handles it by hand."""
    plan = plan_batch(vehicles=Vehicle.objects.filter(pk=vehicle.pk), kind=kind, now=now)
    if plan.eligible:
        return
    raise _conflict(LEFT_OUT[next(iter(plan.left_out))] if plan.left_out else IN_VAIN)


def _conflict(reason: object) -> Problem:
    if reason == IN_VAIN:
        return Problem(Kind.CONFLICT, detail="Signing in again does not help with the cause of this car.")
    with translation.override("en"):
        return Problem(Kind.CONFLICT, detail=f"Left out: {reason}.")
