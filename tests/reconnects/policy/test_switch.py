"""One button stops it all; versions are never written again."""

from datetime import timedelta

import pytest
import time_machine
from django.core import mail

from onboarding_portal.reconnects.background.tasks import sweep_reconnects
from onboarding_portal.reconnects.models import Arm, Policy, PolicyChoice, Reconnect, State
from onboarding_portal.reconnects.policy import switch
from onboarding_portal.reconnects.policy.run import run
from onboarding_portal.reconnects.policy.switch import NoRules, finish_stop, stop, switch_on
from tests.factories import NOW, make_staff
from tests.reconnects.policy.office import begin, is_on, make_due_cars, write
from tests.tasks import run_tasks

DAY = timedelta(days=1)


@pytest.mark.django_db
def test_it_cannot_be_switched_on_without_rules() -> None:
    with pytest.raises(NoRules):
        switch_on(by=make_staff(), now=NOW)
    assert not is_on()


@pytest.mark.django_db
def test_a_version_is_never_written_again() -> None:
    version = write()
    version.most_a_day = 5

    with pytest.raises(TypeError):
        version.save()
    with pytest.raises(TypeError):
        type(version).objects.update(most_a_day=5)
    assert write(most_a_day=7).pk != version.pk
    assert Policy.objects.current().version.most_a_day == 7


@pytest.mark.django_db(transaction=True)
def test_a_stop_cancels_what_waits_and_no_mail_goes_out_any_more() -> None:
    make_due_cars(3)
    lead = make_staff()
    with time_machine.travel(NOW, tick=False):
        begin()
        run(now=NOW)

        stopped = stop(by=lead, now=NOW)
        run_tasks()

    assert stopped == switch.Stopped(cancelled=3, without_reminders=0)
    assert mail.outbox == []
    steps = Reconnect.objects.first().events.get()
    assert (steps.state, steps.by, steps.note) == (State.CANCELLED, lead, switch.STOPPED)


@pytest.mark.django_db(transaction=True)
def test_a_worker_takes_nothing_up_once_it_is_off_even_if_the_cancelling_was_cut_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_due_cars(2)
    with time_machine.travel(NOW, tick=False) as clock:
        begin()
        run(now=NOW)
        monkeypatch.setattr(switch, "finish_stop", lambda **_: None)
        stop(by=None, now=NOW)

        run_tasks()
        assert mail.outbox == []
        clock.shift(60)
        finish_stop(now=NOW)
        assert set(Reconnect.objects.values_list("state", flat=True)) == {State.CANCELLED}


@pytest.mark.django_db(transaction=True)
def test_reminders_end_with_a_stop_and_do_not_come_back() -> None:
    make_due_cars()
    with time_machine.travel(NOW, tick=False) as clock:
        version = begin()
        run(now=NOW)
        run_tasks()
        assert len(mail.outbox) == 1

        assert stop(by=None, now=NOW).without_reminders == 1
        clock.shift(4 * DAY)
        switch_on(by=None, now=NOW + 4 * DAY)
        for days in range(4, 13):
            clock.move_to(NOW + days * DAY)
            sweep_reconnects()
            run_tasks()

        assert len(mail.outbox) == 1
        assert Reconnect.objects.get().state == State.EMAILED  # the link in the e-mail still works
        clock.move_to(NOW + 14 * DAY)
        sweep_reconnects()
        assert Reconnect.objects.get().state == State.EXPIRED
    assert version.choices.count() == 1


@pytest.mark.django_db
def test_cars_whose_mail_was_stopped_are_due_again_by_the_rules_of_the_day() -> None:
    (car,) = make_due_cars()
    begin()
    run(now=NOW)
    stop(by=None, now=NOW)
    newer = begin()

    assert run(now=NOW + DAY) == {Arm.MAIN: 1}

    choice = PolicyChoice.objects.get()
    assert (choice.version, choice.chosen_at, choice.reconnect.state) == (newer, NOW + DAY, State.QUEUED)
    assert car.reconnects.count() == 2


@pytest.mark.django_db
def test_a_second_stop_and_a_second_start_change_nothing() -> None:
    begin()

    assert not switch_on(by=None, now=NOW)
    assert stop(by=None, now=NOW)
    assert stop(by=None, now=NOW) is None


@pytest.mark.django_db
def test_nothing_ends_while_it_is_on() -> None:
    make_due_cars()
    begin()
    run(now=NOW)

    assert finish_stop(now=NOW).cancelled == 0
    assert Reconnect.objects.get().state == State.QUEUED


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("zone", "hour_sent"), [("Asia/Tokyo", 0), ("", 9), ("America/New_York", 13)])
def test_what_is_queued_waits_for_the_owners_morning(zone: str, hour_sent: int) -> None:
    """Held up by a mail server until the evening, say: nobody is woken by what goes out then."""
    (car,) = make_due_cars()
    type(car.owner).objects.update(time_zone=zone)
    midday = NOW.replace(hour=9, minute=30)
    with time_machine.travel(midday, tick=False) as clock:
        begin(from_hour=0, until_hour=24)
        run(now=midday)
        write(from_hour=9, until_hour=19)
        clock.move_to(midday.replace(hour=23, minute=0))
        for _hour in range(24):
            sweep_reconnects()
            run_tasks()
            if mail.outbox:
                break
            clock.shift(3600)
        assert Reconnect.objects.get().emailed_at.hour == hour_sent
