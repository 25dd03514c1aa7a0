"""E-mails before it breaks: which owners, and sending them. Only if the rules say so; once for each connection.

A row is the queue: it is leased, tried and marked as sent like a reconnect, and waits for the owner's day.
"""

import time
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.urls import reverse

from onboarding_portal.accounts.audit import POLICY, Act, Recorder, about_cars
from onboarding_portal.accounts.daytime import in_daytime
from onboarding_portal.accounts.language.of_mail import owners_language
from onboarding_portal.accounts.mail import MailNotSent, send_mail
from onboarding_portal.accounts.models import User
from onboarding_portal.accounts.paced_mail import take_place
from onboarding_portal.accounts.viewer_zone import owners_zone
from onboarding_portal.reconnects.mailed.unsubscribe import unsubscribe_url
from onboarding_portal.reconnects.models import AheadMail, MakeSurvival, Policy, PolicyVersion
from onboarding_portal.reconnects.owner.ahead import Ahead, told_ahead
from onboarding_portal.timing import RECONNECT_LEASE
from onboarding_portal.vehicles.models import MakeOutage, Vehicle, VehicleQuerySet

DAY = timedelta(days=1)
CAP_WITHIN = DAY
AT_A_TIME = 200
MOST_TRIES = 5
PAUSE = timedelta(hours=1)
LONGEST_RUN_SECONDS = 20.0  # the clock has other jobs


def choose(*, now: datetime) -> int:
    """Queues an e-mail for each owner who is to be told and was not; returns how many. The cap counts these alone."""
    with transaction.atomic():
        policy = Policy.objects.held(now=now)
        version = policy.version
        if not policy.is_on or version is None or not version.mails_ahead:
            return 0
        room = version.most_a_day - AheadMail.objects.filter(chosen_at__gt=now - CAP_WITHIN).count()
        cars = list(_to_tell(version, now=now)[: max(min(room, AT_A_TIME), 0)])
        AheadMail.objects.bulk_create(
            [
                AheadMail(vehicle_id=pk, connected_since=since, version=version, chosen_at=now, next_at=now)
                for pk, since, _owner in cars
            ],
            ignore_conflicts=True,
        )
        Recorder(act=Act.POLICY_TOLD_AHEAD, actor=POLICY)(
            about_cars((pk, owner_id) for pk, _since, owner_id in cars)
        )
    return len(cars)


def _to_tell(version: PolicyVersion, *, now: datetime) -> Any:
    """(vehicle id, connected since, owner), those connected for longest first."""
    claims = MakeSurvival.objects.filter(told_from_days__isnull=False).values_list("pk", "told_from_days")
    old = Q(pk__in=[])
    for make_id, days in claims:
        if not version.make_ids or make_id in version.make_ids:
            old |= Q(make=make_id, connected_since__lte=now - (days or 0) * DAY)
    told = AheadMail.objects.filter(vehicle=OuterRef("pk"), connected_since=OuterRef("connected_since"))
    cars: Any = _askable().with_live_connection()
    cars = cars.filter(old, ~Exists(told), stale_since=None).order_by("connected_since", "pk")
    return cars.values_list("pk", "connected_since", "owner_id")


def _askable() -> VehicleQuerySet:
    owners = User.objects.mailable().filter(wants_reminders=True).exclude(email="")
    return Vehicle.objects.not_handled_by_hand().filter(owner__in=owners).exclude(MakeOutage.objects.cars())


def send(*, now: datetime) -> int:
    """Sends what is due by day where the owner is; returns how many. What is not true any more is cancelled."""
    policy = Policy.objects.current()
    if not policy.is_on or policy.version is None:
        return 0
    hours = {"from_hour": policy.version.from_hour, "until_hour": policy.version.until_hour}
    awake = in_daytime("vehicle__owner__time_zone", now=now, **hours)
    due = AheadMail.objects.due(now=now).filter(awake).order_by("next_at", "pk")
    ends_at, count = time.monotonic() + LONGEST_RUN_SECONDS, 0
    for pk in list(due.values_list("pk", flat=True)[:AT_A_TIME]):
        if time.monotonic() > ends_at:
            break
        count += _send_one(pk, now=now)
    return count


def _send_one(pk: int, *, now: datetime) -> bool:
    lease = now + RECONNECT_LEASE
    held = AheadMail.objects.due(now=now).filter(pk=pk)
    # The try is counted before it: what bounds the copies if workers are killed again and again.
    if not Policy.objects.is_on() or not held.update(lease_until=lease, tries=F("tries") + 1):
        return False
    row = AheadMail.objects.select_related("vehicle__owner", "vehicle__make", "vehicle__model").get(pk=pk)
    ahead = told_ahead([row.vehicle], now=now).get(row.vehicle_id)
    ours = AheadMail.objects.filter(pk=pk, lease_until=lease)
    if ahead is None or row.tries > MOST_TRIES or not _askable().filter(pk=row.vehicle_id).exists():
        ours.update(next_at=None, lease_until=None, cancelled_at=now)
        return False
    owner = row.vehicle.owner
    if put_off := take_place(address=owner.email, time_zone=owner.time_zone, now=now):
        ours.update(next_at=put_off.until, lease_until=None, tries=F("tries") - 1)
        return False
    try:
        _mail(row, told=ahead)
    except MailNotSent:
        ours.update(next_at=now + PAUSE, lease_until=None)
        return False
    return bool(ours.update(next_at=None, lease_until=None, sent_at=now))


def _mail(row: AheadMail, *, told: Ahead) -> None:
    owner = row.vehicle.owner
    stop_url = unsubscribe_url(owner=owner)
    with owners_zone(owner), owners_language(owner):
        send_mail(
            template="reconnects/mail/ahead",
            to=owner.email,
            owner=owner,
            context={
                "car": row.vehicle.name,
                "words": told.words,
                "link": settings.PORTAL_URL + reverse("vehicles:list"),
                "stop_url": stop_url,
            },
            headers={
                "Auto-Submitted": "auto-generated",
                "List-Unsubscribe": f"<{stop_url}>",
                "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            },
        )
