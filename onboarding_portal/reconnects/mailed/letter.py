"""How the e-mails are put together: one car or many, each with a lasting link of its own."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse

from onboarding_portal.accounts.mail import send_mail
from onboarding_portal.reconnects.mailed.lasting_link import car_name, create_token
from onboarding_portal.reconnects.models import Reconnect
from onboarding_portal.vehicles.advice import words_for


def send_letter(name: str, *, reconnects: Sequence[Reconnect], now: datetime, stop_url: str = "") -> None:
    """Sends one e-mail about all of `reconnects`, which are one owner's. Raises MailNotSent.

    For one car the templates are those of `name`, for more those of `name` with "_many", which take `cars`: for each
    what the template for one car takes. `stop_url` is where one click ends e-mails of this kind.
    """
    cars = [_words_of(each, link=_link_to(create_token(reconnect=each, now=now))) for each in reconnects]
    is_one = len(cars) == 1
    ends = [each.lasting_until for each in reconnects if each.lasting_until is not None]
    context = cars[0]
    if not is_one:
        helps = all(car["words"].signing_in_helps for car in cars)
        context = {"cars": cars, "signing_in_helps": helps, "until": min(ends), "zone": settings.TIME_ZONE}
    headers = {}
    if stop_url:
        headers = {
            "List-Unsubscribe": f"<{stop_url}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }
    _send(
        name if is_one else f"{name}_many",
        to=reconnects[0].vehicle.owner.email,
        context={**context, "stop_url": stop_url},
        headers=headers,
    )


def send_news(*, reconnect: Reconnect, link: str) -> None:
    """Sends the good news about one car. Raises MailNotSent."""
    context = _words_of(reconnect, link=link)
    _send("reconnected", to=reconnect.vehicle.owner.email, context=context, headers={})


def _words_of(reconnect: Reconnect, *, link: str) -> dict[str, Any]:
    vehicle = reconnect.vehicle
    return {
        "vehicle": vehicle,
        "car": car_name(vehicle),
        "words": words_for(vehicle),
        "until": reconnect.lasting_until,
        "zone": settings.TIME_ZONE,
        "link": link,
    }


def _link_to(token: str) -> str:
    return f"{settings.PORTAL_URL}{reverse('reconnects:lasting', args=[token])}"


def _send(name: str, *, to: str, context: dict[str, Any], headers: dict[str, str]) -> None:
    send_mail(
        template=f"reconnects/mail/{name}",
        to=to,
        context=context,
        headers={"Auto-Submitted": "auto-generated", **headers},
    )
