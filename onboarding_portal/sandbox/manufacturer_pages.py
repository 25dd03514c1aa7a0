"""The manufacturer's side, for both journeys: sign in, then (to connect) choose cars and approve.

`/manufacturer/<make>/sign-in?request=<flow>`
    fields `username` and `password`, both filled in; buttons `sign_in`, `cancel`
`/manufacturer/<make>/consent?request=<flow>`
    checkboxes named `vehicle` with values `0`, `1`, `2` and ids `vehicle-0` …, the first one checked;
    buttons `approve`, `cancel`

A button's id is its value; its name is `decision`. A message about what was entered has the id `error`.
The link of a reconnect comes in at `/vehicle-onboarding/start/<flow>`, whose link `continue` leads to the sign-in. It
can be opened once, as ev.energy's is for one visit of one browser; the pages behind it can be loaded again.
"""

from dataclasses import dataclass

from markupsafe import Markup
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from onboarding_portal.sandbox.catalogue import Make, Trim
from onboarding_portal.sandbox.context import Call
from onboarding_portal.sandbox.flow_pages import (
    finish_cancelled,
    finish_connected,
    gone_page,
    open_flow,
    unknown_page,
)
from onboarding_portal.sandbox.identifiers import number
from onboarding_portal.sandbox.moments import SECOND_US
from onboarding_portal.sandbox.onboarding_api import sign_in_path
from onboarding_portal.sandbox.pages import page
from onboarding_portal.sandbox.records import Flow, Vehicle

OFFERED_CARS = 3
SIGN_IN = Markup("""<p class="quiet">This stands in for {make}'s own sign-in page. Any name and password will do.</p>
{error}
<form method="post">
<label for="username">User name</label>
<input type="text" id="username" name="username" value="demo@example.com" autocomplete="off" required>
<label for="password">Password</label>
<input type="password" id="password" name="password" value="demo-password" autocomplete="off" required>
<button id="sign_in" name="decision" value="sign_in">Sign in</button>
<button id="cancel" name="decision" value="cancel" class="second" formnovalidate>Cancel</button>
</form>""")
CONSENT = Markup("""<p>ev.energy asks {make} for access to your car: its state of charge, and when it charges.</p>
{error}
<form method="post">
<fieldset>
<legend>Which cars may it see?</legend>
{choices}
</fieldset>
<button id="approve" name="decision" value="approve">Approve</button>
<button id="cancel" name="decision" value="cancel" class="second">Cancel</button>
</form>""")
CHOICE = Markup("""<label class="choice" for="vehicle-{place}">
<input type="checkbox" id="vehicle-{place}" name="vehicle" value="{place}"{checked}>
<span>{model}<span class="quiet">{details}</span></span>
</label>""")
ERROR = Markup('<p class="error" role="alert" id="error">{}</p>')
START = Markup("""<p>{make} has stopped sharing data of your <strong>{car}</strong>. Sign in with {make} once more
and it goes on as before.</p>
<p><a class="button" id="continue" href="{href}">Sign in with {make}</a></p>""")


@dataclass(frozen=True)
class Car:
    """A car in the owner's garage at the manufacturer, the same each time the owner comes."""

    trim: Trim
    number: int

    def last_digits(self, user_id: str) -> str:
        """Of the vehicle identification number: made up, so that two cars of one kind can be told apart."""
        return f"{number(user_id, self.trim.trim_id, self.number) % 10_000:04d}"


def garage(call: Call, *, flow: Flow) -> list[Car]:
    """Two or three cars that fit what was picked, each with a model and a trim of its own where that is open."""
    trims = call.state.catalogue.supported_trims(
        make_id=flow.make_id, model_id=flow.model_id, trim_id=flow.trim_id
    )
    count = 2 if flow.trim_id else OFFERED_CARS
    start = number(flow.user_id, flow.make_id, flow.model_id) % len(trims)
    step = max(1, len(trims) // count)
    return [Car(trims[(start + place * step) % len(trims)], place) for place in range(count)]


def make_of(call: Call, flow: Flow) -> Make | None:
    """The flow's make, if it is the one of the address."""
    catalogue = call.state.catalogue
    vehicle = call.state.vehicle(flow.vehicle_id) if flow.vehicle_id else None
    make_id = catalogue.models[vehicle.model_id].make.make_id if vehicle else flow.make_id
    make = catalogue.makes.get(make_id or "")
    return make if make and make.slug == call.arguments.get("make_slug", make.slug) else None


def flow_and_make(call: Call) -> tuple[Flow, Make] | Response:
    flow = open_flow(call, flow_id=call.arguments.get("flow_id") or call.text_argument("request"))
    if isinstance(flow, Response):
        return flow
    make = make_of(call, flow)
    return (flow, make) if make else unknown_page()


def show_reconnect_start(call: Call) -> Response:
    found = flow_and_make(call)
    if isinstance(found, Response):
        return found
    flow, make = found
    vehicle = call.state.vehicle(flow.vehicle_id or "")
    if vehicle is None:
        return unknown_page()
    if flow.is_opened:
        return gone_page()
    if call.request.method == "GET":
        flow.is_opened = True
        call.state.save(flow)
    content = START.format(make=make.name, car=vehicle.description, href=sign_in_path(flow=flow, make=make))
    return page(title="Reconnect your car", content=content)


def show_sign_in(call: Call, error: str = "") -> Response:
    found = flow_and_make(call)
    if isinstance(found, Response):
        return found
    _, make = found
    content = SIGN_IN.format(make=make.name, error=ERROR.format(error) if error else "")
    status = 400 if error else 200
    return page(title=f"Sign in to {make.name}", content=content, kind="manufacturer", status=status)


def sign_in(call: Call) -> Response:
    found = flow_and_make(call)
    if isinstance(found, Response):
        return found
    flow, make = found
    form = call.request.form
    if form.get("decision") == "cancel":
        return finish_cancelled(call, flow=flow)
    if not form.get("username") or not form.get("password"):
        return show_sign_in(call, "Enter a user name and a password.")
    if flow.vehicle_id:
        return finish_reconnected(call, flow=flow)
    flow.state = "SIGNED_IN"
    call.state.save(flow)
    return redirect(f"/manufacturer/{make.slug}/consent?request={flow.flow_id}", 302)


def finish_reconnected(call: Call, *, flow: Flow) -> Response:
    vehicle = call.state.vehicle(flow.vehicle_id or "")
    if vehicle is None:
        return unknown_page()
    connect(call, vehicle)
    return finish_connected(call, flow=flow, vehicles=[vehicle], title="Reconnected")


def connect(call: Call, vehicle: Vehicle) -> None:
    """Data flows soon after: the proof of life comes as a first status log."""
    behaviour = call.sandbox.behaviour
    vehicle.is_disabled = False
    vehicle.connect(
        from_us=call.now_us + int(behaviour.first_sample_after_seconds * SECOND_US),
        interval_us=max(1, int(behaviour.sample_interval_seconds * SECOND_US)),
    )
    call.state.save(vehicle, at_us=call.now_us)


def show_consent(call: Call, error: str = "") -> Response:
    found = flow_and_make(call)
    if isinstance(found, Response):
        return found
    flow, make = found
    if flow.vehicle_id or flow.state != "SIGNED_IN":
        return redirect(sign_in_path(flow=flow, make=make), 302)
    choices = Markup("\n").join(
        CHOICE.format(
            place=car.number,
            checked=Markup(" checked") if car.number == 0 else "",
            model=f"{make.name} {car.trim.model.name}",
            details=f"{car.trim.name} · number ends in {car.last_digits(flow.user_id)}",
        )
        for car in garage(call, flow=flow)
    )
    content = CONSENT.format(make=make.name, choices=choices, error=ERROR.format(error) if error else "")
    status = 400 if error else 200
    return page(title=f"Share your {make.name}", content=content, kind="manufacturer", status=status)


def decide(call: Call) -> Response:
    found = flow_and_make(call)
    if isinstance(found, Response):
        return found
    flow, make = found
    if flow.vehicle_id or flow.state != "SIGNED_IN":
        return redirect(sign_in_path(flow=flow, make=make), 302)
    decision = call.request.form.get("decision")
    if decision == "cancel":
        return finish_cancelled(call, flow=flow)
    chosen = set(call.request.form.getlist("vehicle"))
    cars = [car for car in garage(call, flow=flow) if str(car.number) in chosen]
    user = call.state.user(flow.user_id)
    if decision != "approve" or not cars or user is None:
        return show_consent(call, "Choose at least one car, or cancel.")
    vehicles = [call.state.new_vehicle(user=user, trim=car.trim, car=car.number) for car in cars]
    for vehicle in vehicles:
        if not call.state.vehicle(vehicle.vehicle_id):
            vehicle.is_smart_charging_on = bool(call.sandbox.behaviour.smart_charging_from_start)
        connect(call, vehicle)
    return finish_connected(call, flow=flow, vehicles=vehicles, title="Connected")
