"""Shares of owners: bad accounts, however many, leave the others their turn."""

from collections.abc import Callable

import pytest

from onboarding_portal.ev_energy.fair_share import FIRST_FEW, Shares, Spender, most_of_one
from tests.ev_energy.fair_share_simulation import Outcome, Shape, Simulation

TABLE = "200 hostile accounts against 20 new and 20 older owners"
SHAPES = [
    Shape(name="all in the same minute"),
    Shape(name="hostile ones start earlier", honest_over=(900, 960)),
    Shape(
        name="hostile over half an hour, honest over the hour", hostile_over=(0, 1800), honest_over=(0, 3000)
    ),
    Shape(name="hostile ones act like honest ones, limit 1,200", limit=1200, hostile_in_vain_after=10**6),
    Shape(name="one hostile account", hostile=1, honest_over=(900, 960)),
    Shape(name="fifty hostile accounts first, honest after", hostile=50, honest_over=(900, 960)),
    Shape(name="limit 10,000", limit=10_000, until=600),
    Shape(
        name="limit 10,000, background takes all it may",
        limit=10_000,
        background=8820,
        honest_over=(120, 180),
        until=400,
    ),
]


# No rule tells accounts apart that behave alike: where they need more than there is, some newcomers wait.
TOO_MUCH = [
    Shape(name="TOO MUCH: background has just taken all it may", background=720),
    Shape(name="TOO MUCH: hostile ones act like honest ones", hostile_in_vain_after=10**6),
]


@pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.name)
def test_each_honest_owner_is_served_within_ten_seconds(
    shape: Shape, table_cell: Callable[..., None]
) -> None:
    outcome = Simulation(shape).run()

    tell(outcome, shape, table_cell)
    assert outcome.server.rate_limited == 0
    assert len(outcome.waits["new"]) == 80
    assert len(outcome.waits["older"]) == 60
    assert outcome.slowest("new") < 10
    assert outcome.slowest("older") < 10


@pytest.mark.parametrize("shape", TOO_MUCH, ids=lambda shape: shape.name)
def test_older_owners_are_served_whatever_newcomers_do(shape: Shape, table_cell: Callable[..., None]) -> None:
    outcome = Simulation(shape).run()

    tell(outcome, shape, table_cell)
    assert outcome.server.rate_limited == 0
    assert outcome.slowest("older") < 10


def tell(outcome: Outcome, shape: Shape, table_cell: Callable[..., None]) -> None:
    for kind in ("new", "older"):
        says = f"{outcome.served(kind)} of {len(outcome.waits[kind])}"
        table_cell(TABLE, row=shape.name, column=f"calls of {kind} owners served in 10 s", says=says)
    table_cell(TABLE, row=shape.name, column="hostile calls", says=str(outcome.hostile_calls))
    table_cell(TABLE, row=shape.name, column="429", says=str(outcome.server.rate_limited))


NEW, OLDER = Spender(7, is_new=True), Spender(8, is_new=False)
NOW, LIMIT, RESERVE = 1_700_000_000.0, 1000, 200


def shares_after(requests: int, *, of: Spender) -> Shares:
    shares = Shares(seconds=3600.0)
    for _ in range(requests):
        shares.count(of, now=NOW)
    return shares


@pytest.mark.parametrize(("who", "most"), [(NEW, 25), (OLDER, 50)])
def test_one_owner_has_a_bounded_number_of_requests_in_any_hour(who: Spender, most: int) -> None:
    assert most_of_one(LIMIT, is_new=who.is_new) == most
    shares, now, served = Shares(seconds=3600.0), NOW, list[float]()

    while now < NOW + 4 * 3600:
        wait = shares.seconds_until_turn(who, limit=LIMIT, now=now)
        if not wait:
            shares.count(who, now=now)
            served.append(now)
        now += max(wait, 7.0)

    in_an_hour = [sum(moment - 3600 < other <= moment for other in served) for moment in served]
    assert max(in_an_hour) == most
    assert len(served) > 3 * most  # and goes on when its requests have left the window


def test_another_owners_use_is_not_counted() -> None:
    shares = shares_after(500, of=OLDER)

    assert shares.seconds_until_turn(Spender(9, is_new=False), limit=LIMIT, now=NOW) == 0


def test_newcomers_leave_a_part_of_the_reserve_to_older_owners() -> None:
    assert shares_after(FIRST_FEW - 1, of=NEW).keep(NEW, reserve=RESERVE, now=NOW) == 60
    assert shares_after(30, of=OLDER).keep(NEW, reserve=RESERVE, now=NOW) == 30


def test_further_requests_of_newcomers_need_room_for_others_once_their_part_is_used() -> None:
    shares = shares_after(FIRST_FEW, of=NEW)
    assert shares.keep(NEW, reserve=RESERVE, now=NOW) == 60

    for number in range(50):
        for _ in range(FIRST_FEW + 1):
            shares.count(Spender(100 + number, is_new=True), now=NOW)

    assert shares.keep(NEW, reserve=RESERVE, now=NOW) == 860
    assert shares.keep(Spender(999, is_new=True), reserve=RESERVE, now=NOW) == 60


def test_older_owner_who_used_much_comes_after_one_who_used_little() -> None:
    shares = shares_after(FIRST_FEW, of=OLDER)

    assert shares.keep(OLDER, reserve=RESERVE, now=NOW) == 50
    assert shares.keep(Spender(9, is_new=False), reserve=RESERVE, now=NOW) == 0


def test_naming_cars_that_do_not_exist_sets_back() -> None:
    shares = shares_after(FIRST_FEW - 1, of=OLDER)
    shares.count_in_vain(OLDER, now=NOW)

    assert shares.keep(OLDER, reserve=RESERVE, now=NOW) == 50


def test_what_is_remembered_is_bounded() -> None:
    shares = Shares(seconds=3600.0)
    for number in range(20_000):
        shares.count(Spender(number, is_new=True), now=NOW + number)
        shares.keep(NEW, reserve=RESERVE, now=NOW + number)

    assert len(shares.owners) <= 14
    assert all(len(of_piece) <= 4096 for of_piece in shares.owners.values())
