"""Fetches the logos ev.energy names: from public addresses alone, looked at, written anew and kept here."""

import hashlib
import logging
from datetime import datetime, timedelta
from time import monotonic

from django.db.models import F, Q
from django.utils import timezone

from onboarding_portal.brand.pictures import LARGEST_FILE, NotUsable, picture_in
from onboarding_portal.catalogue.models import Make, MakeLogo
from onboarding_portal.public_http import NoAnswer, NotPublic, ask

logger = logging.getLogger(__name__)

OK = 200
SECONDS_EACH = 5.0
# One run works no longer than this; the next goes on.
SLICE_SECONDS = 20.0
AGAIN_AFTER = timedelta(days=30)
# What did not work is tried again sooner.
AFTER_TROUBLE = timedelta(days=1)


def fetch_logos() -> None:
    """The clock's job: those that are due."""
    fetch_due(now=timezone.now())


def fetch_due(*, now: datetime) -> int:
    """Asks for logos that are new, have moved, or were asked for long ago; returns how many were asked for."""
    started, count = monotonic(), 0
    for make in _due(now=now):
        if monotonic() - started > SLICE_SECONDS:
            break
        _fetch(make, now=now)
        count += 1
    return count


def _due(*, now: datetime) -> list[Make]:
    old = Q(logo__asked_at__lt=now - AGAIN_AFTER)
    failed = Q(logo__asked_at__lt=now - AFTER_TROUBLE) & ~Q(logo__trouble="")
    due = Q(logo=None) | ~Q(logo__source_url=F("icon_url")) | old | failed
    return list(Make.objects.offered().exclude(icon_url="").filter(due))


def _fetch(make: Make, *, now: datetime) -> None:
    """A picture that is there stays where the new one cannot be had."""
    values = {"source_url": make.icon_url, "asked_at": now, "trouble": ""}
    try:
        answer = ask("GET", make.icon_url, seconds=SECONDS_EACH, most_bytes=LARGEST_FILE)
        picture = picture_in(answer.body if answer.status == OK else b"")
    except (NotPublic, NoAnswer, NotUsable) as error:
        values["trouble"] = str(error)[:200]
        logger.info("The logo of a make could not be had: %s", type(error).__name__)
    else:
        digest = hashlib.sha256(picture.data).hexdigest()
        values |= {"picture": picture.data, "suffix": picture.suffix, "digest": digest}
    MakeLogo.objects.update_or_create(make=make, defaults=values)
