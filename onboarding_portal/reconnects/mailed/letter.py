"""How the e-mails are put together: one car or many, each with a lasting link of its own."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from onboarding_portal.accounts.language.of_mail import owners_language
from onboarding_portal.accounts.mail import send_mail
from onboarding_portal.accounts.models import User
from onboarding_portal.accounts.viewer_zone import owners_zone
from onboarding_portal.reconnects.mailed import beside
from onboarding_portal.reconnects.mailed.lasting_link import car_name, create_token
from onboarding_portal.reconnects.models import Reconnect
from onboarding_portal.vehicles.advice import words_for
from onboarding_portal.vehicles.telling_apart import told_apart


def send_letter(name: str, *, reconnects: Sequence[Reconnect], now: datetime, stop_url: str = "") -> None:
    """Sends one e-mail about all of `reconnects`, which are one owner's. Raises MailNotSent.

    For one car the templates are those of `name`, for more those of `name` with "_many", which take `cars`: for each
    what the template for one car takes. `stop_url` is where one click ends e-mails of this kind.
    """
    owner = reconnects[0].vehicle.owner
    is_one = len(reconnects) == 1
    with owners_language(owner):
        cars = [_words_of(each, link=_link_to(create_token(reconnect=each, now=now))) for each in reconnects]
        if is_one:
            cars[0]["beside"] = beside.said_of(reconnects[0].vehicle)
    ends = [each.lasting_until for each in reconnects if each.lasting_until is not None]
    context = cars[0]
    if not is_one:
        with owners_zone(owner), owners_language(owner):
            told = told_apart(each.vehicle for each in reconnects)
        cars = [{**car, "told_apart_by": told.get(car["vehicle"].pk, "")} for car in cars]
        helps = all(car["words"].signing_in_helps for car in cars)
        context = {"cars": cars, "signing_in_helps": helps, "until": min(ends)}
    headers = {}
    if stop_url:
        headers = {
            "List-Unsubscribe": f"<{stop_url}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }
    _send(
        name if is_one else f"{name}_many",
        to=owner,
        context={**context, "stop_url": stop_url},
        headers=headers,
    )


def send_news(*, reconnect: Reconnect, link: str) -> None:
    """Sends the good news about one car. Raises MailNotSent."""
    owner = reconnect.vehicle.owner
    with owners_zone(owner) as zone_to_name, owners_language(owner):
        moment = _moment(reconnect.vehicle.last_status_at, zone_to_name)
        context = {**_words_of(reconnect, link=link), "moment": moment}
    _send("reconnected", to=owner, context=context, headers={})


def _moment(at: datetime | None, zone_to_name: str) -> str:
    """In the zone that is in force, which is named if it is not the reader's."""
    if at is None:
        return ""
    words = date_format(timezone.localtime(at), "DATETIME_FORMAT")
    return f"{words} ({zone_to_name})" if zone_to_name else words


def _words_of(reconnect: Reconnect, *, link: str) -> dict[str, Any]:
    vehicle = reconnect.vehicle
    return {
        "vehicle": vehicle,
        "car": car_name(vehicle),
        "words": words_for(vehicle),
        "until": reconnect.lasting_until,
        "link": link,
    }


def _link_to(token: str) -> str:
    return f"{settings.PORTAL_URL}{reverse('reconnects:lasting', args=[token])}"


def _send(name: str, *, to: User, context: dict[str, Any], headers: dict[str, str]) -> None:
    with owners_zone(to), owners_language(to):
        send_mail(
            template=f"reconnects/mail/{name}",
            to=to.email,
            context=context,
            headers={"Auto-Submitted": "auto-generated", **headers},
            owner=to,
        )
