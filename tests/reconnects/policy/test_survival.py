"""From rows to curves, and from curves to what owners are told ahead."""

import math
import random
from bisect import bisect
from collections.abc import Callable
from datetime import timedelta
from itertools import chain
from pathlib import Path

import pytest
from django.core import mail
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from onboarding_portal.catalogue.models import Make
from onboarding_portal.operations.management.commands.check_predictions import line_of
from onboarding_portal.reconnects.models import AheadMail, MakeSurvival
from onboarding_portal.reconnects.owner.ahead import length_in_words, told_ahead
from onboarding_portal.reconnects.policy import ahead
from onboarding_portal.reconnects.policy.intervals import Interval, wilson
from onboarding_portal.reconnects.policy.kaplan_meier import Lived, survival_curve
from onboarding_portal.reconnects.policy.prediction import (
    EDGES,
    Calibration,
    Foretold,
    Life,
    Seen,
    by_chance,
    calibrate,
    foretell,
    known_lives,
)
from onboarding_portal.reconnects.policy.survival import MOST_POINTS, count_survival, thinned
from onboarding_portal.reconnects.policy.switch import stop
from onboarding_portal.vehicles.models import Vehicle
from onboarding_portal.vehicles.stale_episode import EndedBy, StaleEpisode
from tests.factories import (
    NOW,
    handle_by_hand,
    make_make,
    make_owner,
    make_stale_vehicle,
    make_vehicle,
    pause_mail,
)
from tests.reconnects.policy.office import begin, write

DAY = timedelta(days=1)


def lost_after(make: Make, days: int, *, connected: int = 100) -> None:
    """A connection that was lost after so many days, and repaired a day later."""
    since = NOW - connected * DAY
    lost = since + days * DAY
    car = make_vehicle(make=make, connected_at=since)
    StaleEpisode.objects.create(
        vehicle=car,
        make=make,
        integration="INACTIVE",
        reason="CONNECTION_LOST",
        connected_since=since,
        started_at=lost,
        lost_at=lost,
        ended_at=lost + DAY,
        ended_by=EndedBy.DATA,
    )


@pytest.mark.django_db
def test_a_curve_counts_lives_that_are_over_and_those_that_go_on() -> None:
    volvo, kia = make_make("Volvo"), make_make("Kia")
    for days in (10, 10, 30):
        lost_after(volvo, days)
    for age in (5, 50, 200):
        make_vehicle(make=volvo, connected_at=NOW - age * DAY)
    make_vehicle(make=kia, connected_at=NOW - 9 * DAY)
    make_vehicle(make=None)

    assert count_survival(now=NOW) == 2

    volvos = MakeSurvival.objects.get(make=volvo)
    # Three repaired ones live on since their repair, 89, 89 and 69 days ago.
    assert (volvos.life_count, volvos.ended_count) == (9, 3)
    assert [(point.days, point.at_risk, point.ended) for point in volvos.curve] == [(10, 8, 2), (30, 6, 1)]
    assert volvos.curve[0].share == 0.75
    assert MakeSurvival.objects.get(make=kia).curve == []
    assert volvos.told_from_days is None


@pytest.mark.django_db
def test_a_car_that_was_removed_counts_for_as_long_as_its_connection_was_seen() -> None:
    """Without them short lives would weigh too much: those that broke stay counted when their cars are removed."""
    make = make_make("Volvo")
    lost_after(make, 30)
    Vehicle.objects.get().mark_removed(now=NOW - 50 * DAY)
    make_vehicle(make=make, connected_at=NOW - 90 * DAY).mark_removed(now=NOW - 40 * DAY)

    count_survival(now=NOW)

    # The first one's connection was repaired after 31 days and lived 19 more.
    survival = MakeSurvival.objects.get()
    assert (survival.life_count, survival.ended_count) == (3, 1)
    assert [(point.days, point.at_risk, point.ended) for point in survival.curve] == [(30, 2, 1)]
    assert sorted(life.at(NOW).days for life in known_lives(now=NOW)) == [19, 30, 50]


@pytest.mark.django_db
def test_connections_older_than_what_is_kept_of_those_that_ended_are_left_out() -> None:
    make = make_make("Volvo")
    for connected in (729, 731):
        lost_after(make, 700, connected=connected)
        make_vehicle(make=make, connected_at=NOW - connected * DAY)

    count_survival(now=NOW)

    # And the two that were repaired lately.
    survival = MakeSurvival.objects.get()
    assert (survival.life_count, survival.ended_count) == (4, 1)
    assert sorted(life.at(NOW).days for life in known_lives(now=NOW)) == [28, 30, 700, 729]


@pytest.mark.django_db
def test_counting_again_replaces_what_was_counted_and_takes_the_same_queries() -> None:
    make = make_make("Volvo")
    lost_after(make, 10)
    count_survival(now=NOW)
    with CaptureQueriesContext(connection) as few:
        count_survival(now=NOW)
    for days in range(1, 9):
        lost_after(make, days)
    with CaptureQueriesContext(connection) as many:
        count_survival(now=NOW + DAY)

    assert len(many) == len(few)
    assert MakeSurvival.objects.get().ended_count == 9
    Vehicle.objects.all().delete()
    StaleEpisode.objects.all().delete()
    assert count_survival(now=NOW) == 0
    assert not MakeSurvival.objects.exists()


def test_a_long_curve_is_stored_short_with_its_end() -> None:
    points = survival_curve(Lived(day, True) for day in range(1_000))

    kept = thinned(points)

    assert len(kept) <= MOST_POINTS
    assert kept[-1][0] == 999
    assert thinned([]) == []


def claim(make: Make, days: int | None = 60) -> MakeSurvival:
    return MakeSurvival.objects.create(make=make, life_count=200, ended_count=90, told_from_days=days)


@pytest.mark.django_db
def test_owners_of_old_connections_are_told_on_their_pages_and_no_others(client: Client) -> None:
    volvo, kia = make_make("Volvo"), make_make("Kia")
    claim(volvo)
    claim(kia, None)
    owner = make_owner()
    old = make_vehicle(owner=owner, make=volvo, connected_at=NOW - 400 * DAY)
    make_vehicle(owner=owner, make=volvo, connected_at=NOW + 3650 * DAY)
    make_vehicle(owner=owner, make=kia, connected_at=NOW - 400 * DAY)
    make_stale_vehicle(owner=owner, make=volvo, connected_at=NOW - 400 * DAY)
    make_vehicle(owner=owner, connected_at=NOW - 400 * DAY)
    client.force_login(owner, backend="allauth.account.auth_backends.AuthenticationBackend")

    told = told_ahead(Vehicle.objects.all(), now=NOW)

    assert list(told) == [old.pk]
    assert (
        "Most connections with Volvo last for less than 2 months; yours is 13 months old."
        in told[old.pk].words
    )
    assert client.get("/vehicles/").content.decode().count("It may end soon") == 1
    assert "It may end soon" in client.get(f"/vehicles/{old.pk}/").content.decode()


@pytest.mark.django_db
def test_a_repair_makes_a_connection_young_again() -> None:
    make = make_make("Volvo")
    claim(make)
    lost_after(make, 65)

    assert told_ahead(Vehicle.objects.all(), now=NOW) == {}
    assert list(told_ahead(Vehicle.objects.all(), now=NOW + 40 * DAY)) == [Vehicle.objects.get().pk]


@pytest.mark.django_db
def test_owners_of_old_connections_are_mailed_once_if_the_rules_say_so() -> None:
    make = make_make("Volvo")
    claim(make)
    make_vehicle(make=make, connected_at=NOW - 100 * DAY)
    begin()
    assert ahead.choose(now=NOW) == 0
    write(mails_ahead=True)

    assert ahead.choose(now=NOW) == 1
    assert ahead.choose(now=NOW) == 0
    assert ahead.send(now=NOW) == 1
    assert ahead.send(now=NOW) == 0

    (message,) = mail.outbox
    assert (
        message.subject == "The connection of your Your car may end soon" or "may end soon" in message.subject
    )
    assert "/reminders/" in message.extra_headers["List-Unsubscribe"]
    assert AheadMail.objects.get().sent_at == NOW


@pytest.mark.django_db
@pytest.mark.parametrize("why", ["paused", "by hand", "unwanted", "night", "stopped", "broken", "young"])
def test_nobody_is_told_ahead_who_should_not_be(why: str) -> None:
    make = make_make("Volvo")
    claim(make)
    car = make_vehicle(make=make, connected_at=NOW - 100 * DAY)
    begin(mails_ahead=True)
    assert ahead.choose(now=NOW) == 1
    {
        "paused": lambda: pause_mail(car.owner),
        "by hand": lambda: handle_by_hand(car),
        "unwanted": lambda: type(car.owner).objects.update(wants_reminders=False),
        "night": lambda: type(car.owner).objects.update(time_zone="America/Los_Angeles"),
        "stopped": lambda: stop(by=None, now=NOW),
        "broken": lambda: Vehicle.objects.update(integration="INACTIVE"),
        "young": lambda: MakeSurvival.objects.update(told_from_days=300),
    }[why]()

    assert ahead.send(now=NOW) == 0
    assert mail.outbox == []
    row = AheadMail.objects.get()
    assert row.sent_at is None
    assert (row.cancelled_at is None) == (why == "night")


@pytest.mark.parametrize(
    ("days", "words"), [(1, "1 day"), (59, "59 days"), (60, "2 months"), (400, "13 months")]
)
def test_lengths_in_words(days: int, words: str) -> None:
    assert length_in_words(days) == words


def simulated(count: int, *, scale: float, shape: float, seed: int) -> list[Life]:
    """Connections of one make that began over 300 days and live as Weibull's law says."""
    chance = random.Random(seed)
    lives = []
    for _ in range(count):
        since = NOW - chance.uniform(40, 300) * DAY
        lost_at = since + chance.weibullvariate(scale, shape) * DAY
        lives.append(Life("one", since, lost_at if lost_at <= NOW else None))
    return lives


def chance_by_law(age_days: int, *, scale: float, shape: float, within_days: int) -> float:
    """That a connection of so many whole days, half a day older on average, ends within the time."""
    age = age_days + 0.5
    return 1 - math.exp((age / scale) ** shape - ((age + within_days) / scale) ** shape)


@pytest.mark.parametrize(("scale", "shape"), [(60, 1.0), (90, 4.0), (120, 1.5)])
def test_what_is_foretold_is_what_the_law_says(scale: float, shape: float) -> None:
    seen = Seen.of([life.at(NOW) for life in simulated(1_500, scale=scale, shape=shape, seed=7)])
    for age in (10, 40, 80):
        foretold = foretell(seen, age_days=age, within_days=30)
        law = chance_by_law(age, scale=scale, shape=shape, within_days=30)
        assert foretold is not None
        assert foretold.bounds.low - 0.02 <= law <= foretold.bounds.high + 0.02


def test_of_few_nothing_is_foretold() -> None:
    lives = simulated(40, scale=200, shape=1.0, seed=8)
    seen = Seen.of([life.at(NOW) for life in lives])

    assert foretell(seen, age_days=10, within_days=30) is None
    assert calibrate(lives, on=NOW - 30 * DAY, within_days=30) == []


def test_nothing_is_foretold_of_days_that_too_few_have_reached() -> None:
    """A portal of 60 days knows nothing of a connection's 61st."""
    lives = [Lived(days, True) for days in range(60) for _ in range(5)] + [Lived(60, False)] * 20
    seen = Seen.of(lives)

    assert foretell(seen, age_days=30, within_days=30) is not None
    assert foretell(seen, age_days=31, within_days=30) is None
    assert foretell(Seen.of(lives[:-1]), age_days=30, within_days=30) is None


def test_where_none_has_ended_yet_the_share_foretold_has_an_upper_bound() -> None:
    seen = Seen.of([Lived(90, True)] * 60 + [Lived(100, False)] * 40)

    assert foretell(seen, age_days=10, within_days=30) == Foretold(0.0, wilson(0, 100))


def test_past_predictions_came_true() -> None:
    lives = simulated(3_000, scale=80, shape=2.0, seed=9)

    cells = calibrate(lives, on=NOW - 30 * DAY, within_days=30)

    assert len(cells) > 4
    assert sum(cell.count for cell in cells) > 500
    assert all(cell.came_true for cell in cells), cells


def test_predictions_that_do_not_come_true_are_told_apart() -> None:
    """Connections that suddenly live twice as long: the past was no guide."""
    lives = [
        Life(
            life.make_id, life.since, life.lost_at if life.lost_at and life.lost_at < NOW - 30 * DAY else None
        )
        for life in simulated(3_000, scale=80, shape=2.0, seed=9)
    ]

    cells = calibrate(lives, on=NOW - 30 * DAY, within_days=30)

    assert not all(cell.came_true for cell in cells)
    assert chance_of(cells) < 0.001


def chance_of(cells: list[Calibration]) -> float:
    chance = by_chance(cells)
    assert chance is not None
    return chance


def test_one_bad_cell_of_many_is_told_from_bad_luck() -> None:
    def cell(ended: int, count: int = 100) -> Calibration:
        return Calibration(foretold=Foretold(0.2, Interval(0.19, 0.21)), count=count, ended=ended)

    assert by_chance([]) is None
    assert by_chance([cell(9, count=9)]) is None  # too few
    assert by_chance([cell(20)] * 10) == pytest.approx(1, abs=0.001)
    # Chi-square of one degree: 1.96 standard errors are passed once in twenty times.
    assert by_chance([cell(28)]) == pytest.approx(0.05, abs=0.01)
    # And of ten: 23.2 is passed once in a hundred times.
    assert by_chance([cell(26)] * 10 + [cell(9, count=9)]) == pytest.approx(0.014, abs=0.002)
    assert chance_of([cell(20)] * 9 + [cell(44)]) < 0.001


@pytest.mark.django_db
def test_the_command_prints_the_table_or_says_that_there_is_none(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("check_predictions")
    assert "Too few connections" in capsys.readouterr().out
    cell = Calibration(foretold=Foretold(0.25, Interval(0.2, 0.3)), count=1_000, ended=300)
    assert line_of(cell) == "| 25% | 20% to 30% | 1,000 | 30% | 27% to 33% | yes |"
    with pytest.raises(CommandError):
        call_command("check_predictions", days=0)


# How long connections live: the scale in days and the shape of Weibull's law. 1 forgets its age, 4 has a date.
LAWS = {"one": (45, 1.0), "two": (60, 4.0), "three": (30, 2.0), "four": (200, 1.0)}


def fleet(*, cars: int = 5_000, seed: int) -> list[Life]:
    """A quarter of cars of four makes; who breaks is repaired some days later and begins anew."""
    chance, lives = random.Random(seed), []
    begins = NOW - 90 * DAY
    for number in range(cars):
        make = list(LAWS)[number % 4]
        since = begins
        while since < NOW:
            lost_at = since + chance.weibullvariate(*LAWS[make]) * DAY
            lives.append(Life(make, since, lost_at if lost_at < NOW else None))
            since = lost_at + chance.uniform(1, 9) * DAY
    return lives


def with_removals(lives: list[Life], *, seed: int) -> list[Life]:
    """Many cars are removed while their connections live, after 120 days on average."""
    chance, found = random.Random(seed), []
    for life in lives:
        removed_at = life.since + chance.expovariate(1 / 120) * DAY
        is_removed = removed_at < (life.lost_at or NOW)
        found.append(Life(life.make_id, life.since, None, removed_at) if is_removed else life)
    return found


def covered(
    within_days: int, *, draw: Callable[[int], list[Life]], fleets: int = 25, hazard_times: float = 1.0
) -> float:
    """The share of what is foretold, at all ages, whose interval holds the chance of the law that was drawn from."""
    held = []
    for lives in map(draw, range(fleets)):
        for make, (scale, shape) in LAWS.items():
            seen = Seen.of([life.at(NOW) for life in lives if life.make_id == make])
            for age in range(0, 90, 6):
                if foretold := foretell(seen, age_days=age, within_days=within_days):
                    law = chance_by_law(age, scale=scale, shape=shape, within_days=within_days)
                    law = 1 - (1 - law) ** hazard_times
                    held.append(foretold.bounds.low <= law <= foretold.bounds.high)
    assert len(held) > 20 * fleets
    return sum(held) / len(held)


@pytest.mark.parametrize("within_days", [7, 30])
def test_intervals_of_95_percent_hold_the_law_in_95_of_100_cases(within_days: int) -> None:
    def draw(seed: int) -> list[Life]:
        return fleet(cars=1_600, seed=seed)

    assert 0.93 < covered(within_days, draw=draw) < 0.975
    assert covered(within_days, draw=draw, fleets=4, hazard_times=1.5) < 0.5


@pytest.mark.parametrize("within_days", [7, 30])
def test_they_do_so_where_cars_are_removed_while_their_connections_live(within_days: int) -> None:
    def draw(seed: int) -> list[Life]:
        return with_removals(fleet(cars=1_600, seed=seed), seed=seed)

    def draw_the_others(seed: int) -> list[Life]:
        return [life for life in draw(seed) if life.removed_at is None]

    assert 0.93 < covered(within_days, draw=draw) < 0.975
    assert covered(within_days, draw=draw_the_others) < 0.9


def test_the_table_in_the_docs_is_what_came_of_twenty_simulated_quarters() -> None:
    quarters = [calibrate(fleet(seed=seed), on=NOW - 22 * DAY, within_days=22) for seed in range(20)]
    of_chance: dict[int, list[Calibration]] = {}
    for cell in sorted(chain(*quarters), key=lambda cell: cell.foretold.share):
        of_chance.setdefault(bisect(EDGES, cell.foretold.share), []).append(cell)
    told = (Path(__file__).parents[3] / "docs/policy.md").read_text()

    table = "\n".join(map(pooled, of_chance.values()))
    assert table in told, table
    # Cells that miss by chance are few, and no quarter as a whole is unlikely.
    assert sum(not cell.came_true for cell in chain(*quarters)) <= 0.03 * len(list(chain(*quarters)))
    assert min(map(chance_of, quarters)) > 0.01


def pooled(cells: list[Calibration]) -> str:
    """A line of the table in docs/policy.md: the cells of about one chance, from all quarters."""
    count = sum(cell.count for cell in cells)
    foretold = sum(cell.foretold.share * cell.count for cell in cells) / count
    ended = sum(cell.ended for cell in cells) / count
    came_true = sum(cell.came_true for cell in cells)
    return f"| {foretold:.1%} | {ended:.1%} | {count:,} | {came_true} of {len(cells)} |"
