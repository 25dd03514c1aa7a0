from datetime import timedelta
from typing import Any

from django.urls import reverse

from onboarding_portal.reconnects.mailed.unsubscribe import unsubscribe_url
from onboarding_portal.reconnects.models import CameBack, Failure, Reconnect, State
from onboarding_portal.reconnects.owner.blocked_way import BlockedWay
from onboarding_portal.vehicles.models import NOT_STALE, Cause, Integration, Vehicle
from tests.owner_states import World, state
from tests.reconnects.rows import make_broken_car, make_emailed, make_reconnect


def _on_the_cars_page(world: World, state_of_it: State, **fields: Any) -> Any:
    car = make_broken_car(owner=world.owner, cause=Cause.SIGN_IN_EXPIRED)
    make_reconnect(state_of_it, vehicle=car, **{"created_at": world.now, **fields})
    return world.get(f"/vehicles/{car.pk}/")


@state
def preparing(world: World) -> Any:
    return _on_the_cars_page(world, State.QUEUED, link_wanted_at=world.now)


@state
def ready_to_go_on(world: World) -> Any:
    later = world.now + timedelta(hours=1)
    return _on_the_cars_page(
        world, State.LINK_READY, link_made_at=world.now, expires_at=later, link_wanted_at=None
    )


@state
def stopped(world: World) -> Any:
    return _on_the_cars_page(
        world,
        State.REDIRECTED,
        redirected_at=world.now,
        came_back_at=world.now,
        came_back_with=CameBack.STOPPED,
    )


@state
def broken(world: World) -> Any:
    return _on_the_cars_page(
        world,
        State.REDIRECTED,
        redirected_at=world.now,
        came_back_at=world.now,
        came_back_with=CameBack.BROKEN,
    )


@state
def signed_in_again(world: World) -> Any:
    return _on_the_cars_page(
        world,
        State.REDIRECTED,
        redirected_at=world.now,
        came_back_at=world.now,
        came_back_with=CameBack.DONE,
    )


@state
def waiting(world: World) -> Any:
    return _on_the_cars_page(
        world, State.REDIRECTED, redirected_at=world.now, next_work_at=world.now + timedelta(minutes=2)
    )


@state
def in_vain(world: World) -> Any:
    return _on_the_cars_page(
        world,
        State.EXPIRED,
        redirected_at=world.now - timedelta(days=1),
        ended_at=world.now - timedelta(hours=1),
    )


@state
def back(world: World) -> Any:
    car = make_broken_car(owner=world.owner)
    make_reconnect(
        State.RECONNECTED, vehicle=car, created_at=world.now, redirected_at=world.now, ended_at=world.now
    )
    Vehicle.objects.update(integration=Integration.ACTIVE, last_status_at=world.now, **NOT_STALE)
    return world.get(f"/vehicles/{car.pk}/")


@state
def refused_as_not_found(world: World) -> Any:
    return _on_the_cars_page(world, State.FAILED, failure=Failure.NOT_FOUND, ended_at=world.now)


@state
def refused_as_a_conflict(world: World) -> Any:
    return _on_the_cars_page(world, State.FAILED, failure=Failure.CONFLICT, ended_at=world.now)


@state
def in_the_list_of_cars(world: World) -> Any:
    _on_the_cars_page(world, State.REDIRECTED, redirected_at=world.now)
    _on_the_cars_page(world, State.FAILED, failure=Failure.NOT_POSSIBLE, ended_at=world.now)
    return world.get("/vehicles/")


def _mailed(world: World, **fields: Any) -> tuple[Reconnect, str]:
    row, token = make_emailed(
        vehicle=make_broken_car(cause=Cause.SIGN_IN_EXPIRED),
        lasting_until=world.now + timedelta(days=9),
        **{"created_at": world.now, **fields},
    )
    return row, reverse("reconnects:lasting", args=[token])


@state
def mailed_link(world: World) -> Any:
    return world.get(_mailed(world)[1])


@state
def mailed_link_without_cookies(world: World) -> Any:
    return world.client.post(_mailed(world)[1])


@state
def mailed_link_signed_in_again(world: World) -> Any:
    row, path = _mailed(world)
    Reconnect.objects.filter(pk=row.pk).update(
        state=State.REDIRECTED,
        redirected_at=world.now,
        came_back_at=world.now,
        came_back_with=CameBack.DONE,
    )
    return world.get(path)


@state
def mailed_link_of_a_connected_car(world: World) -> Any:
    _, path = _mailed(world)
    Vehicle.objects.update(integration=Integration.ACTIVE, last_status_at=world.now, **NOT_STALE)
    return world.get(path)


@state
def mailed_link_that_is_over(world: World) -> Any:
    row, path = _mailed(world)
    Reconnect.objects.filter(pk=row.pk).update(state=State.CANCELLED, ended_at=world.now)
    return world.get(path)


@state
def mailed_link_of_a_car_that_is_gone(world: World) -> Any:
    row, path = _mailed(world)
    Reconnect.objects.filter(pk=row.pk).update(
        state=State.FAILED, failure=Failure.NOT_FOUND, ended_at=world.now
    )
    return world.get(path)


@state
def mailed_link_unknown(world: World) -> Any:
    return world.get(reverse("reconnects:lasting", args=["no-such-token"]))


@state
def returned_in_another_browser(world: World) -> Any:
    return world.get(reverse("reconnects:return"), vehicle_uid="vhcl01J443798BF893ZHFQVCS0FA23")


@state
def stopped_in_another_browser(world: World) -> Any:
    return world.get(reverse("reconnects:return"), error="access_denied")


@state
def broken_in_another_browser(world: World) -> Any:
    return world.get(reverse("reconnects:return"), error="server_error")


@state
def never_to_be_reconnected(world: World) -> Any:
    car = make_broken_car(owner=world.owner, integration=Integration.UNINTEGRATED)
    return world.client.post(reverse("reconnects:start", args=[car.pk]))


@state
def ev_energy_does_not_answer(world: World) -> Any:
    outcome = BlockedWay(kind=Failure.UNAVAILABLE, status=503, can_retry=True)
    return world.shown("reconnects/failed.html", outcome=outcome, vehicle=make_broken_car(owner=world.owner))


@state
def ev_energy_refuses(world: World) -> Any:
    outcome = BlockedWay(kind=Failure.NOT_FOUND, status=410, can_retry=False)
    return world.shown("reconnects/failed.html", outcome=outcome)


def _path_of(url: str) -> str:
    return url[url.index("/reminders/") :]


@state
def reminders_to_stop(world: World) -> Any:
    return world.get(_path_of(unsubscribe_url(owner=world.owner)))


@state
def reminders_stopped(world: World) -> Any:
    return world.client.post(_path_of(unsubscribe_url(owner=world.owner)))


@state
def reminders_stopped_before(world: World) -> Any:
    reminders_stopped(world)
    return world.get(_path_of(unsubscribe_url(owner=world.owner)))


@state
def reminders_of_nobody(world: World) -> Any:
    return world.get("/reminders/no-such-token/stop/")
