from typing import Any

from django.test import Client

from tests.owner_states import World, state


@state
def not_found(world: World) -> Any:
    assert world.owner
    return world.get("/vehicles/vhcl01J443798BF893ZHFQVCS0FA23/")


@state
def forged_form(world: World) -> Any:
    strict = Client(enforce_csrf_checks=True, **world.client.defaults)
    return strict.post("/accounts/login/", {"email": "bob@example.com"})


@state
def wrong_method(world: World) -> Any:
    return world.get("/accounts/logout/")


@state
def bad_request(world: World) -> Any:
    return world.shown("errors/400.html", error_base="base.html")


@state
def forbidden(world: World) -> Any:
    return world.shown("errors/403.html", error_base="base.html")


@state
def too_large(world: World) -> Any:
    return world.shown("errors/413.html", error_base="base.html")


@state
def too_many_requests(world: World) -> Any:
    return world.shown("errors/429.html", error_base="base.html")


@state
def too_often(world: World) -> Any:
    return world.shown("errors/too_often.html", error_base="base.html", minutes=60, hours=1)


@state
def crashed(world: World) -> Any:
    return world.shown("errors/500.html", error_base="base.html", can_reload=True)


@state
def database_away(world: World) -> Any:
    return world.shown("errors/503.html", error_base="base.html", can_reload=True)


@state
def busy(world: World) -> Any:
    return world.shown("errors/busy.html", error_base="base.html")
