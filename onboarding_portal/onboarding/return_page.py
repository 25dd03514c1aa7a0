"""What the return page tells the owner, derived from the attempt and its claims."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.utils.translation import gettext, ngettext

from onboarding_portal.onboarding.models import Attempt, AttemptState, Claim, ClaimState
from onboarding_portal.vehicles.cards import Card, card_page
from onboarding_portal.vehicles.happened import Happened, awaited_data, happened
from onboarding_portal.vehicles.models import Vehicle

# How long the page looks again by itself for what ev.energy has not confirmed, and how often.
REFRESHING_FOR = timedelta(minutes=10)
REFRESH_SECONDS = 5
# So many more for some: those who came back together do not look again together.
SPREAD_SECONDS = 6

REFUSED = {ClaimState.FOREIGN, ClaimState.UNKNOWN}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnPage:
    """`refresh_seconds` is None where nothing more is to be expected soon; `worth_reading` as in CardPage."""

    template: str
    status: int = 200
    cards: list[Card] = field(default_factory=list)
    pending_count: int = 0
    refused_count: int = 0
    refresh_seconds: int | None = None
    worth_reading: Vehicle | None = None
    happened: list[Happened] = field(default_factory=list)

    @property
    def is_success(self) -> bool:
        """Whether all that was connected sends data: nothing is left to wait for."""
        return bool(self.cards) and not self.pending_count and all(card.sends_data for card in self.cards)

    @property
    def is_charged_smartly(self) -> bool:
        return self.is_success and all(card.vehicle.is_smart_charging_on is not False for card in self.cards)

    @property
    def step(self) -> int:
        """Which step of the way the owner is at: 4 the first data, 5 all done."""
        return 5 if self.is_success else 4

    @property
    def awaited(self) -> str:
        # Beside a confirmed car a line of its own tells of the others.
        if self.pending_count and not self.cards:
            return gettext("Waiting for ev.energy to confirm your car")
        return awaited_data() if any(card.is_waiting for card in self.cards) else ""


def return_page(*, attempt: Attempt, now: datetime) -> ReturnPage:
    """Returns what to show for an attempt that was returned to, cancelled or given up. Takes two queries."""
    if attempt.state not in {AttemptState.CONNECTED, AttemptState.RETURNED, AttemptState.REFUSED}:
        return ReturnPage(template="onboarding/return_cancelled.html")
    claims = list(attempt.claims.all())
    stored_ids = [claim.vehicle_id for claim in claims if claim.state == ClaimState.STORED]
    vehicles = Vehicle.objects.of(attempt.owner_id).filter(vehicle_id__in=stored_ids).order_by("vehicle_id")
    page = card_page(vehicles=vehicles, now=now)
    pending_count = sum(claim.state == ClaimState.PENDING for claim in claims)
    is_recent = attempt.returned_at is not None and now - attempt.returned_at < REFRESHING_FOR
    template, status = _page(attempt, claims)
    return ReturnPage(
        template=template,
        status=status,
        cards=page.cards,
        worth_reading=page.worth_reading,
        pending_count=pending_count,
        refused_count=sum(claim.state in REFUSED for claim in claims),
        refresh_seconds=REFRESH_SECONDS + attempt.pk.int % SPREAD_SECONDS
        if pending_count and is_recent
        else page.refresh_seconds,
        happened=_happened(attempt, page.cards, now=now),
    )


def _happened(attempt: Attempt, cards: Sequence[Card], *, now: datetime) -> list[Happened]:
    """The way so far. A car that was connected before, or last heard of before, adds nothing to it."""
    began = attempt.started_at
    confirmed = [card.vehicle.connected_at for card in cards if card.vehicle.connected_at >= began]
    heard = [at for card in cards if (at := card.vehicle.last_status_at) and at >= began]
    steps = [
        (began, gettext("You left for ev.energy")),
        (attempt.returned_at, gettext("You came back")),
        (
            max(confirmed, default=None),
            ngettext("ev.energy confirmed your car", "ev.energy confirmed your cars", len(confirmed)),
        ),
        (max(heard, default=None), gettext("Data from your car came in")),
    ]
    return happened(steps, now=now)


def _page(attempt: Attempt, claims: Sequence[Claim]) -> tuple[str, int]:
    if attempt.state == AttemptState.CONNECTED:
        return "onboarding/return_connected.html", 200
    if attempt.state == AttemptState.RETURNED:
        return "onboarding/return_waiting.html", 200
    if any(claim.state == ClaimState.FOREIGN for claim in claims):
        return "onboarding/return_foreign.html", 403
    if claims:
        return "onboarding/return_not_found.html", 404
    return "onboarding/return_malformed.html", 400
