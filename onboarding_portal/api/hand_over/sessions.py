"""Sessions, as the company's systems make and read them."""

from uuid import UUID

from django.http import HttpRequest
from django.utils import timezone
from ninja import Router, Status

from onboarding_portal.api import schemas
from onboarding_portal.api.answers import PROBLEMS_OF_ONE, problems
from onboarding_portal.api.hand_over.opening import hand_over
from onboarding_portal.api.hand_over.outcome import settle
from onboarding_portal.api.keys.bearer import ApiKeyAuth, key_of
from onboarding_portal.api.keys.idempotency import PARAMETER, once
from onboarding_portal.api.models import HandOver, Journey, Outcome, Scope
from onboarding_portal.api.problems import Kind, Problem
from onboarding_portal.onboarding.models import Claim, ClaimState

router = Router(tags=["Handing owners over"], auth=ApiKeyAuth(Scope.SESSIONS_WRITE))


@router.post(
    "/sessions",
    response={201: schemas.MadeSession, **problems(400, 401, 403, 409, 413, 422, 429, 503)},
    operation_id="make_session",
    summary="Hand an owner over",
    openapi_extra={"parameters": [PARAMETER]},
)
def make_session(request: HttpRequest, asked: schemas.NewSession) -> Status[schemas.MadeSession]:
    """Send the owner’s browser to `url`, as a whole page. It works once, within half an hour.

    An owner with an address the portal does not know is made. Needs the scope `sessions:write`.
    """
    now = timezone.now()

    def work() -> schemas.MadeSession:
        opened = hand_over(asked=asked, key=key_of(request), now=now)
        row = opened.hand_over
        return schemas.MadeSession(
            id=row.pk, url=opened.url, expires_at=row.expires_at, owner_id=str(row.owner_id)
        )

    return Status(201, once(request, work, answer_as=schemas.MadeSession, status=201, now=now))


@router.get(
    "/sessions/{session_id}",
    response={200: schemas.Session, **PROBLEMS_OF_ONE},
    operation_id="get_session",
    summary="What came of it",
)
def get_session(request: HttpRequest, session_id: str) -> schemas.Session:
    """The truth: what the owner’s browser brings back is a hint. Needs the scope `sessions:write`."""
    try:
        row = HandOver.objects.filter(pk=UUID(session_id)).first()
    except ValueError:
        row = None
    if row is None:
        raise Problem(Kind.NOT_FOUND)
    return session_of(settle(row, now=timezone.now()))


def session_of(row: HandOver) -> schemas.Session:
    """Three queries."""
    return schemas.Session(
        id=row.pk,
        journey=Journey(row.journey),
        outcome=Outcome(row.outcome),
        outcome_at=row.outcome_at,
        reference=row.reference or None,
        owner_id=str(row.owner_id),
        ev_energy_user_id=row.owner.linked_user_id or None,
        vehicle_ids=_cars_of(row),
        reconnect_ids=list(row.reconnects.order_by("pk").values_list("pk", flat=True)),
        created_at=row.created_at,
        expires_at=row.expires_at,
        opened_at=row.opened_at,
        went_back_at=row.ended_at,
    )


def _cars_of(row: HandOver) -> list[str]:
    if row.journey == Journey.RECONNECT:
        return [row.vehicle_id] if row.vehicle_id else []
    stored = Claim.objects.filter(attempt__in=row.attempts.all(), state=ClaimState.STORED)
    return list(dict.fromkeys(stored.order_by("pk").values_list("vehicle_id", flat=True)))
