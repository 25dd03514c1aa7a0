"""Which cars the policy mails: random cars and random rules, against rules written down once more, car by car."""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from onboarding_portal.catalogue.models import Make
from onboarding_portal.reconnects.models import (
    FINAL_STATES,
    OPEN_STATES,
    Arm,
    Origin,
    PolicyChoice,
    PolicyVersion,
    Reconnect,
    Trial,
    UnstableVehicle,
)
from onboarding_portal.reconnects.policy.choice import WHY_NOT, chosen, with_reason
from onboarding_portal.vehicles.causes import Cause
from onboarding_portal.vehicles.models import Integration, Leaving, MakeOutage, StaleReason, Vehicle
from tests.factories import handle_by_hand, make_make, make_owner, make_vehicle, pause_mail

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 3, 14, 9, 30, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ZONES = ["", "Europe/Berlin", "America/Los_Angeles", "Asia/Tokyo", "Australia/Sydney", "no such zone"]
# As the table of causes says, in words of its own: signing in is no help for these, unless the car was cut off.
IN_VAIN = {"ASLEEP_OR_OUT_OF_COVERAGE", "PROVIDER_LIMITED", "PROVIDER_DOWN"}
ALWAYS_IN_VAIN = {"SUBSCRIPTION_LAPSED", "REGION_NOT_SUPPORTED"}


@dataclass
class Facts:
    """All that is true of one car, beside its row."""

    vehicle_id: str
    zone: str
    make: str | None
    cause: str
    integration: str
    stale_since: datetime | None
    is_removed: bool
    is_let_go: bool
    is_disabled: bool
    owner_is_active: bool
    wants_reminders: bool
    is_unstable: bool
    controller: str
    has_open: bool
    is_by_hand: bool
    is_paused: bool
    emailed_at: list[datetime] = field(default_factory=list)
    asked: list[datetime] = field(default_factory=list)  # by the policy, about this break
    waits_until: datetime | None = None


def is_due(car: Facts, rules: PolicyVersion, *, troubled: set[str], now: datetime) -> bool:
    """The rules as docs/policy.md tells them."""
    return (
        could_be_repaired(car)
        and has_chosen_cause(car, rules)
        and may_be_asked(car)
        and not is_asked_enough(car, rules, now=now)
        and car.stale_since is not None
        and now - car.stale_since >= rules.stale_for_hours * HOUR
        and (not rules.make_ids or car.make in rules.make_ids)
        and car.make not in troubled
        and car.controller not in troubled
        and rules.from_hour <= hour_of(car, now) < rules.until_hour
    )


def could_be_repaired(car: Facts) -> bool:
    return not (car.is_removed or car.is_let_go or car.is_disabled) and car.integration != "UNINTEGRATED"


def has_chosen_cause(car: Facts, rules: PolicyVersion) -> bool:
    is_in_vain = car.cause in ALWAYS_IN_VAIN or (car.cause in IN_VAIN and car.integration != "INACTIVE")
    return car.cause in rules.causes and not is_in_vain


def may_be_asked(car: Facts) -> bool:
    held = car.has_open or car.is_unstable or car.is_by_hand or car.is_paused
    return car.owner_is_active and car.wants_reminders and not held


def is_asked_enough(car: Facts, rules: PolicyVersion, *, now: datetime) -> bool:
    of_late = any(now - at < rules.pause_days * DAY for at in [*car.emailed_at, *car.asked])
    waits = car.waits_until is not None and car.waits_until > now
    return of_late or waits or len(car.asked) >= rules.most_askings


def hour_of(car: Facts, now: datetime) -> int:
    return now.astimezone(ZoneInfo("UTC" if car.zone in {"", "no such zone"} else car.zone)).hour


class Fleet:
    """Random cars, and what is true of each."""

    def __init__(self, seed: int, *, cars: int, now: datetime = NOW) -> None:
        self.chance = random.Random(seed)
        self.now = now
        self.makes = [make_make(name) for name in ("Volvo", "Kia", "Tesla")]
        MakeOutage.objects.mark(make_id=self.makes[2].pk, now=now)
        MakeOutage.objects.mark(controller="middleman", now=now)
        self.troubled = {self.makes[2].pk, "middleman"}
        self.version = PolicyVersion.objects.create(why="The first")
        self.facts = [self._add(number) for number in range(cars)]

    def _add(self, number: int) -> Facts:
        draw, rare = self.chance.choice, lambda: self.chance.random() < 0.06
        owner = make_owner(
            email=f"p{number}@example.com",
            time_zone=draw(ZONES),
            is_active=not rare(),
            wants_reminders=not rare(),
        )
        is_stale = self.chance.random() < 0.93
        stale_since = self.now - draw([HOUR, 23 * HOUR, 24 * HOUR, 25 * HOUR, 3 * DAY, 40 * DAY])
        make: Make | None = draw([*self.makes[:2], *self.makes, None])
        integration = draw([Integration.INACTIVE, Integration.INACTIVE, Integration.ACTIVE])
        vehicle = make_vehicle(
            owner=owner,
            make=make,
            integration=Integration.UNINTEGRATED
            if rare()
            else integration
            if is_stale
            else Integration.ACTIVE,
            stale_since=stale_since if is_stale else None,
            stale_reason=draw(StaleReason.values) if is_stale else "",
            cause=draw(["", *Cause.values, *(["SIGN_IN_EXPIRED"] * 12)]) if is_stale else "",
            is_disabled=rare(),
            removed_at=self.now if rare() else None,
            leaving=Leaving.DISCONNECTED if rare() else "",
            controller="middleman" if rare() else "",
        )
        facts = Facts(
            vehicle_id=vehicle.pk,
            zone=owner.time_zone,
            make=make.pk if make else None,
            cause=vehicle.cause,
            integration=vehicle.integration,
            stale_since=vehicle.stale_since,
            is_removed=vehicle.removed_at is not None,
            is_let_go=bool(vehicle.leaving),
            is_disabled=vehicle.is_disabled,
            owner_is_active=owner.is_active,
            wants_reminders=owner.wants_reminders,
            is_unstable=rare(),
            controller=vehicle.controller,
            has_open=rare(),
            is_by_hand=rare(),
            is_paused=rare(),
        )
        if facts.is_by_hand:
            handle_by_hand(vehicle)
        if facts.is_paused:
            pause_mail(owner)
        if facts.is_unstable:
            UnstableVehicle.objects.create(vehicle=vehicle, repairs=3, flagged_at=self.now)
        if facts.has_open:
            Reconnect.objects.create(vehicle=vehicle, state=draw(sorted(OPEN_STATES)))
        self._add_history(vehicle, facts)
        return facts

    def _add_history(self, vehicle: Vehicle, facts: Facts) -> None:
        draw = self.chance.choice
        if draw([True, False, False]):
            at = self.now - draw([HOUR, 30 * HOUR, 6 * DAY, 7 * DAY, 22 * DAY])
            self._ended(vehicle, draw([Origin.EMAIL, Origin.OWNER]), emailed_at=at)
            facts.emailed_at.append(at)
        if facts.stale_since is None:
            return
        for asking in range(1, draw([1, 1, 2, 3])):
            at = self.now - draw([6 * DAY, 8 * DAY, 30 * DAY])
            was_sent = draw([True, False])
            row = self._ended(vehicle, Origin.RULE, emailed_at=at if was_sent else None)
            self._choice(vehicle, asking=asking, chosen_at=at, mail_from=at, reconnect=row)
            facts.asked.append(at)
        if draw([True, False]) and not facts.asked:
            facts.waits_until = self.now + draw([-HOUR, timedelta(0), HOUR])
            at = self.now - 2 * DAY
            self._choice(vehicle, arm=Arm.LATER, chosen_at=at, mail_from=facts.waits_until)

    def _ended(self, vehicle: Vehicle, origin: Origin, *, emailed_at: datetime | None) -> Reconnect:
        state = self.chance.choice(sorted(FINAL_STATES))
        return Reconnect.objects.create(
            vehicle=vehicle, origin=origin, state=state, emailed_at=emailed_at, emailed_to=vehicle.owner.email
        )

    def _choice(self, vehicle: Vehicle, **values: object) -> None:
        PolicyChoice.objects.create(
            vehicle=vehicle, stale_since=vehicle.stale_since, version=self.version, **values
        )

    def rules(self) -> PolicyVersion:
        draw = self.chance.choice
        return PolicyVersion(
            causes=[*self.chance.sample(Cause.values, self.chance.randrange(1, 9)), "SIGN_IN_EXPIRED"],
            make_ids=draw([[], [], [self.makes[0].pk], [self.makes[1].pk, self.makes[2].pk]]),
            stale_for_hours=draw([0, 24, 48]),
            pause_days=draw([1, 7, 21]),
            most_askings=draw([1, 2, 3]),
            from_hour=draw([0, 9, 10]),
            until_hour=draw([17, 18, 24]),
            trial=draw(Trial.values),
        )

    def due(self, rules: PolicyVersion, *, now: datetime) -> list[str]:
        due = [car for car in self.facts if is_due(car, rules, troubled=self.troubled, now=now)]
        return [car.vehicle_id for car in sorted(due, key=lambda car: (car.stale_since, car.vehicle_id))]


def test_the_cars_chosen_are_those_due_by_the_rules_longest_stale_first() -> None:
    fleet = Fleet(1, cars=160)
    sizes = []
    for turn in range(40):
        now = NOW + turn * 5 * HOUR / 2
        rules = fleet.rules()

        due = list(chosen(version=rules, now=now).values_list("pk", flat=True))

        assert due == fleet.due(rules, now=now), rules.__dict__
        sizes.append(len(due))
    assert sum(size > 5 for size in sizes) > 15  # enough of them were about something


def test_every_reason_to_leave_a_car_out_has_words_and_occurs() -> None:
    fleet = Fleet(2, cars=320)
    seen = set()
    for _turn in range(12):
        rows = with_reason(Vehicle.objects.all(), version=fleet.rules(), now=NOW)
        seen |= set(rows.values_list("why_not", flat=True))

    assert seen == {"", *WHY_NOT}
