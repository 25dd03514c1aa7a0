"""An owner asks somebody else, who holds the account with the manufacturer, to sign in for one car."""

import secrets
from datetime import datetime, timedelta

from allauth.core import ratelimit
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest
from django.urls import reverse

from onboarding_portal.accounts.audit import Act, about, record
from onboarding_portal.accounts.mail import MailNotSent, send_mail
from onboarding_portal.accounts.models import User
from onboarding_portal.accounts.plain_name import plain_name
from onboarding_portal.addresses import readable
from onboarding_portal.reconnects.mailed.lasting_link import car_name
from onboarding_portal.reconnects.models import HelperLink, hash_helper_token
from onboarding_portal.vehicles.advice import is_reconnect_offered, make_name
from onboarding_portal.vehicles.models import Vehicle

LIFETIME = timedelta(days=7)
MOST_ALIVE = 3  # for one car


class TooManyHelpers(Exception):
    """The owner, or the one they ask, has had as many of these e-mails as they may for now."""


class HasEnoughHelpers(Exception):
    """So many links work for this car already; one has to be ended first."""


def can_be_helped(vehicle: Vehicle) -> bool:
    """Whether somebody signing in is what this car needs."""
    return vehicle.needs_repair or vehicle.is_let_go


def is_helper_of_use(vehicle: Vehicle) -> bool:
    """Whether to offer a helper: not while the fault is the manufacturer's, which no signing in mends."""
    return vehicle.is_let_go or (vehicle.needs_repair and is_reconnect_offered(vehicle))


def ask_helper(
    *, request: HttpRequest, vehicle: Vehicle, owner: User, email: str, now: datetime
) -> HelperLink:
    """Mails the helper a link. Raises TooManyHelpers, HasEnoughHelpers and MailNotSent; nothing is stored then."""
    token = secrets.token_urlsafe(32)
    _check_alive(vehicle, now=now)
    _count(request, owner=owner, email=email)  # outside of the transaction: the cache may be a table
    with transaction.atomic():
        Vehicle.objects.select_for_update().get(pk=vehicle.pk)  # two tabs in turn
        _check_alive(vehicle, now=now)
        link = HelperLink.objects.create(
            vehicle=vehicle,
            owner=owner,
            email=email,
            owner_email=owner.email,
            token_hash=hash_helper_token(token),
            created_at=now,
            expires_at=now + LIFETIME,
        )
        record(act=Act.HELPER_ASKED, actor=owner, about=about(vehicle), thing=link)
    try:
        _mail(link, token=token, owner=owner, vehicle=vehicle)
    except MailNotSent:
        link.delete()
        raise
    return link


def end_links(*, links: "list[HelperLink]", owner: User, now: datetime) -> None:
    for link in links:
        with transaction.atomic():
            if HelperLink.objects.filter(pk=link.pk).end(now=now):
                record(act=Act.HELPER_ENDED, actor=owner, about=about(link.vehicle), thing=link)


def _check_alive(vehicle: Vehicle, *, now: datetime) -> None:
    if HelperLink.objects.of_car(vehicle).alive(now=now).count() >= MOST_ALIVE:
        raise HasEnoughHelpers


def _count(request: HttpRequest, *, owner: User, email: str) -> None:
    for action, key in (("ask_helper", str(owner.pk)), ("ask_helper_from_anywhere", email)):
        if not ratelimit.consume(request, action=action, key=key):
            raise TooManyHelpers


def _mail(link: HelperLink, *, token: str, owner: User, vehicle: Vehicle) -> None:
    context = {
        "name": plain_name(owner.name),
        "email": readable(owner.email),
        "car": car_name(vehicle),
        "make": make_name(vehicle),
        "until": link.expires_at,
        "link": f"{settings.PORTAL_URL}{reverse('reconnects:helper', args=[token])}",
    }
    send_mail(
        template="reconnects/mail/helper",
        to=link.email,
        context=context,
        headers={"Auto-Submitted": "auto-generated"},
        owner=owner,
    )
