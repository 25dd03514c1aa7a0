import threading
import time

import pytest

from onboarding_portal.ev_energy import turns as module
from onboarding_portal.ev_energy.turns import Turns

Waiter = tuple[threading.Thread, threading.Event]


def somebody_waits(turns: Turns) -> Waiter:
    """A thread with a turn until the event is set."""
    has_it, may_end = threading.Event(), threading.Event()

    def wait() -> None:
        with turns.taken() as is_mine:
            assert is_mine
            has_it.set()
            may_end.wait(5)

    thread = threading.Thread(target=wait)
    thread.start()
    assert has_it.wait(5)
    return thread, may_end


def end(waiter: Waiter) -> None:
    thread, may_end = waiter
    may_end.set()
    thread.join()


def test_no_more_than_its_number_have_a_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WAIT_SECONDS", 0.01)
    turns = Turns(most=2)
    waiters = [somebody_waits(turns) for _ in range(2)]

    with turns.taken() as is_mine:
        assert not is_mine
    end(waiters[0])
    with turns.taken() as is_mine:
        assert is_mine
    end(waiters[1])


def test_once_somebody_waited_in_vain_nobody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WAIT_SECONDS", 0.05)
    turns = Turns(most=1)
    waiter = somebody_waits(turns)
    with turns.taken():
        pass
    monkeypatch.setattr(module, "WAIT_SECONDS", 60.0)

    began = time.monotonic()
    with turns.taken() as is_mine:
        assert not is_mine
    assert time.monotonic() - began < 30
    end(waiter)


def test_while_answers_are_quick_a_turn_is_waited_for() -> None:
    turns = Turns(most=1)
    waiter = somebody_waits(turns)
    threading.Timer(0.05, waiter[1].set).start()

    with turns.taken() as is_mine:
        assert is_mine
    end(waiter)


def test_turn_comes_back_from_whoever_failed() -> None:
    turns = Turns(most=1)
    with pytest.raises(ZeroDivisionError), turns.taken():
        raise ZeroDivisionError

    with turns.taken() as is_mine:
        assert is_mine
