"""What the car's page says of helpers: whom the owner asked, how far it came, and the way to ask one."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from onboarding_portal.reconnects.helper.asking import MOST_ALIVE, is_helper_of_use
from onboarding_portal.reconnects.models import HelperLink
from onboarding_portal.vehicles.car_page import panels
from onboarding_portal.vehicles.cards import Card


def helper_panel(request: HttpRequest, card: Card) -> dict[str, Any] | None:
    links = HelperLink.objects.of_car(card.vehicle).alive(now=timezone.now()).order_by("-created_at", "-pk")
    shown = list(links)
    can_be_asked = is_helper_of_use(card.vehicle) and len(shown) < MOST_ALIVE
    if not shown and not can_be_asked:
        return None
    return {"links": shown, "can_be_asked": can_be_asked, "card": card}


def hook_in() -> None:
    panels.add(40, "reconnects/helper/_panel.html", helper_panel)
