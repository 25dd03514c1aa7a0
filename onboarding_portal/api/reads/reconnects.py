"""Reconnects: which there are, how far they came, and asking for one."""

from datetime import datetime

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from ninja import Query, Router, Schema, Status
from pydantic import Field

from onboarding_portal.api import schemas
from onboarding_portal.api.answers import PROBLEMS, problems
from onboarding_portal.api.asking import ask_by_email, ask_by_link, car_named
from onboarding_portal.api.keys.bearer import ApiKeyAuth, key_of
from onboarding_portal.api.keys.idempotency import PARAMETER, once
from onboarding_portal.api.models import Scope
from onboarding_portal.api.problems import Kind, Problem
from onboarding_portal.api.reads.as_schema import reconnect_of
from onboarding_portal.api.reads.cursor import LARGEST_ID, LARGEST_PAGE, page_after
from onboarding_portal.reconnects.models import Reconnect, State

router = Router(tags=["Reconnects"])


class Asked(Schema):
    state: State | None = Field(None, description="Only reconnects in this state.")
    vehicle_id: schemas.VehicleId | None = Field(None, description="Only this car’s.")
    asked_since: datetime | None = Field(None, description="Only those asked for at this moment or later.")
    limit: int = Field(50, ge=1, le=LARGEST_PAGE)
    cursor: schemas.Cursor | None = Field(None, description="`next_cursor` of the page before.")

    def filter(self, rows: QuerySet[Reconnect]) -> QuerySet[Reconnect]:
        since = self.asked_since
        if since is not None and since.tzinfo is None:
            since = timezone.make_aware(since, timezone.get_default_timezone())
        asked = {"state": self.state, "vehicle": self.vehicle_id, "created_at__gte": since}
        return rows.filter(**{name: value for name, value in asked.items() if value is not None})


def _key(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and int(text) <= LARGEST_ID else None


@router.get(
    "/reconnects",
    response={200: schemas.ReconnectPage, **PROBLEMS},
    operation_id="list_reconnects",
    summary="Reconnects, page by page",
    auth=ApiKeyAuth(Scope.VEHICLES_READ),
)
def list_reconnects(request: HttpRequest, asked: Query[Asked]) -> schemas.ReconnectPage:
    """The oldest first. Needs the scope `vehicles:read`."""
    rows, next_cursor = page_after(
        asked.filter(Reconnect.objects.all()), cursor=asked.cursor, limit=asked.limit, clean=_key
    )
    return schemas.ReconnectPage(data=[reconnect_of(row) for row in rows], next_cursor=next_cursor)


@router.post(
    "/reconnects",
    response={201: schemas.AskedReconnect, **problems(400, 401, 403, 409, 413, 422, 429, 503)},
    operation_id="ask_for_reconnect",
    summary="Ask an owner to reconnect",
    openapi_extra={"parameters": [PARAMETER]},
    auth=ApiKeyAuth(Scope.RECONNECTS_WRITE),
)
def ask_for_reconnect(request: HttpRequest, asked: schemas.NewReconnect) -> Status[schemas.AskedReconnect]:
    """By an e-mail of the portal’s, or by a link that works for days, for your own mail, SMS or app.

    The link is in this answer only. Needs the scope `reconnects:write`, and `links:read` for a link.
    """
    key, now = key_of(request), timezone.now()
    is_link = asked.deliver == "link"
    if is_link and not key.may(Scope.LINKS_READ):
        raise Problem(Kind.NOT_ALLOWED, detail=f"A link needs the scope {Scope.LINKS_READ.value}.")

    def work() -> schemas.AskedReconnect:
        vehicle = car_named(asked.vehicle_id)
        if not is_link:
            row = ask_by_email(vehicle=vehicle, key=key, now=now)
            return schemas.AskedReconnect(reconnect=reconnect_of(row), link=None, link_works_until=None)
        row, link = ask_by_link(vehicle=vehicle, key=key, now=now)
        return schemas.AskedReconnect(
            reconnect=reconnect_of(row), link=link, link_works_until=row.lasting_until
        )

    return Status(201, once(request, work, answer_as=schemas.AskedReconnect, status=201, now=now))
