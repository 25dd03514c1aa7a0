"""What staff do with open reconnects, one or many: end them, send or make them anew, take their links away."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import F

from onboarding_portal.accounts.audit import Act, Recorder, about_cars
from onboarding_portal.accounts.models import User
from onboarding_portal.reconnects.background import tasks
from onboarding_portal.reconnects.models import (
    BatchKind,
    LastingLink,
    Origin,
    Reconnect,
    ReconnectQuerySet,
    State,
    chunks,
    move_all,
)
from onboarding_portal.reconnects.staff.batches import lane_of


def cancel(*, rows: ReconnectQuerySet, by: User, now: datetime, why: str = "") -> int:
    """Ends them, their links and their reminders; returns how many."""
    write = Recorder(act=Act.RECONNECTS_CANCELLED, actor=by, why=why)
    return move_all(rows.open(), State.CANCELLED, now=now, by=by, note="By staff", written_by=write)


def revoke(*, rows: ReconnectQuerySet, by: User, now: datetime, why: str = "") -> int:
    """Takes away every link that is out; returns for how many reconnects.

    Who is at the manufacturer's at this moment is still watched for. All others have nothing left to wait for.
    """
    note, write = "Links revoked by staff", Recorder(act=Act.LINKS_REVOKED, actor=by, why=why)
    sent_off = rows.filter(state=State.REDIRECTED)
    LastingLink.objects.filter(reconnect__in=sent_off).delete()
    kept = move_all(
        sent_off,
        State.REDIRECTED,
        now=now,
        by=by,
        note=note,
        written_by=write,
        redirected_at=F("redirected_at"),
        next_work_at=F("next_work_at"),
        lasting_until=None,
        url="",
        expires_at=None,
    )
    others = rows.open().exclude(state=State.REDIRECTED)
    return kept + move_all(others, State.CANCELLED, now=now, by=by, note=note, written_by=write)


def send_again(*, rows: ReconnectQuerySet, by: User, now: datetime, why: str = "") -> int:
    """A new e-mail for each, in the place of what was open; returns how many."""
    write = Recorder(act=Act.EMAILED_AGAIN, actor=by, why=why)
    return _replace(rows, kind=BatchKind.EMAILS, by=by, now=now, write=write)


def make_links_anew(*, rows: ReconnectQuerySet, by: User, now: datetime, why: str = "") -> int:
    """A new link to hand out for each, in the place of what was open; returns how many."""
    write = Recorder(act=Act.LINK_MADE_ANEW, actor=by, why=why)
    return _replace(rows, kind=BatchKind.LINKS, by=by, now=now, write=write)


def _replace(rows: ReconnectQuerySet, *, kind: BatchKind, by: User, now: datetime, write: Recorder) -> int:
    """Ends each and queues a new one for its vehicle, unless somebody else was first with that."""
    pks = list(rows.askable().values_list("pk", flat=True))
    at_once = kind == BatchKind.EMAILS and len(pks) == 1  # its owner is on the phone
    replace = partial(_replace_chunk, kind=kind, by=by, now=now, at_once=at_once, write=write)
    count = sum(replace(some) for some in chunks(pks))
    transaction.on_commit(partial(tasks.wake, lane_of(kind), now=now))
    return count


def _replace_chunk(
    pks: Sequence[int], *, kind: BatchKind, by: User, now: datetime, at_once: bool, write: Recorder
) -> int:
    wants_email = kind == BatchKind.EMAILS
    with transaction.atomic():
        old = Reconnect.objects.filter(pk__in=pks)
        note = "Replaced by staff"
        count = move_all(old, State.CANCELLED, now=now, by=by, note=note, written_by=write)
        ended = old.filter(state=State.CANCELLED, ended_at=now)
        over = list(old.askable().filter(state=State.EXPIRED).values_list("vehicle_id", "vehicle__owner_id"))
        write(about_cars(over))
        Reconnect.objects.bulk_create(
            [
                Reconnect(
                    vehicle_id=vehicle_id,
                    origin=Origin.EMAIL if wants_email else Origin.STAFF,
                    wants_email=wants_email,
                    at_once=at_once,
                    requested_by=by,
                    created_at=now,
                    next_work_at=now,
                )
                for vehicle_id in [*ended.values_list("vehicle", flat=True), *(car for car, _owner in over)]
            ],
            ignore_conflicts=True,
        )
    return count + len(over)
