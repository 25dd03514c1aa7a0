"""Webhooks of ev.energy. They bring good news sooner; what is lost of them changes nothing: the sync is the truth.

Svix sends them, whose signatures are those of Standard Webhooks under other names of headers.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST
from pydantic import ValidationError
from standardwebhooks import Webhook, WebhookVerificationError

from onboarding_portal.api.events.models import Heard
from onboarding_portal.ev_energy.smart_charging_resources import SubSession
from onboarding_portal.vehicles.proof_of_life import note_charging

LARGEST_BYTES = 64 * 1024
LONGEST_ID = 100
ABOUT_CHARGING = frozenset({"charging_sub_session.created", "charging_sub_session.ended"})

TAKEN, NOT_READ, NOT_SIGNED, TOO_LARGE = 204, 400, 401, 413


@csrf_exempt  # no browser sends it: the signature says who did
def ev_energy(request: HttpRequest) -> HttpResponse:
    if not settings.EV_ENERGY_WEBHOOK_SECRETS:
        raise Http404
    return _take(request)


@require_POST
def _take(request: HttpRequest) -> HttpResponse:
    if len(request.body) > LARGEST_BYTES:
        return HttpResponse(status=TOO_LARGE)
    headers = {name: request.headers.get(f"svix-{name}", "") for name in ("id", "timestamp", "signature")}
    if not is_signed(request.body, headers):
        return HttpResponse(status=NOT_SIGNED)
    return HttpResponse(status=hear(request.body, message_id=headers["id"], now=timezone.now()))


def is_signed(body: bytes, headers: Mapping[str, str]) -> bool:
    """By any of the secrets in force, within five minutes of now."""
    named = {f"webhook-{name}": value for name, value in headers.items()}
    for secret in settings.EV_ENERGY_WEBHOOK_SECRETS:
        try:
            Webhook(secret).verify(body, named, json_parse=False)
        except (WebhookVerificationError, ValueError, OverflowError):
            continue  # a signature, or a body, that cannot be read is none
        return True
    return False


def hear(body: bytes, *, message_id: str, now: datetime) -> int:
    """Takes what was signed, once; returns the answer's status. What is not known, or not ours, is taken as well."""
    try:
        message: Any = json.loads(body)
    except ValueError:
        return NOT_READ
    if not isinstance(message, dict) or len(message_id) > LONGEST_ID:
        return NOT_READ
    if message.get("type") not in ABOUT_CHARGING:
        return TAKEN
    try:
        sub_session = SubSession.model_validate(message.get("data"))
    except ValidationError:
        return NOT_READ
    with transaction.atomic():
        _row, is_new = Heard.objects.get_or_create(message_id=message_id, defaults={"at": now})
        if is_new:
            note_charging(sub_session=sub_session, now=now)
    return TAKEN
