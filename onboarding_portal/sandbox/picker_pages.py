"""The sandbox's own picker, `/onboarding/<flow>/make|model|trim`: a list of buttons named `make_id` and so on."""

from markupsafe import Markup
from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from onboarding_portal.sandbox.catalogue import Make, Model, Trim
from onboarding_portal.sandbox.catalogue_api import sorting_key
from onboarding_portal.sandbox.context import Call
from onboarding_portal.sandbox.flow_pages import finish_cancelled, open_flow, unknown_page
from onboarding_portal.sandbox.onboarding_api import next_path
from onboarding_portal.sandbox.pages import message_page, page
from onboarding_portal.sandbox.records import Flow

TITLES = {"make": "Which make is your car?", "model": "Which model is it?", "trim": "Which version is it?"}
PICK = Markup('<li><button name="{name}" value="{value}">{label}</button></li>')
FORM = Markup("""<form method="post">
<ul class="picks">{picks}</ul>
<button id="cancel" name="decision" value="cancel" class="second">Cancel</button>
</form>""")


def offered(call: Call, *, flow: Flow, step: str) -> list[tuple[str, Make | Model | Trim]]:
    """(id, item) for what can be picked at this step: whatever leads to a car that can be connected."""
    catalogue = call.state.catalogue
    if step == "make":
        makes = [
            make
            for make in catalogue.makes.values()
            if catalogue.supported_trims(make_id=make.make_id, model_id=None, trim_id=None)
        ]
        return [(make.make_id, make) for make in makes]
    if step == "model":
        models = catalogue.models_of(flow.make_id or "")
        return [(model.model_id, model) for model in models if catalogue.is_model_supported(model)]
    return [(trim.trim_id, trim) for trim in catalogue.trims_of(flow.model_id or "") if trim.is_supported]


def show_picker(call: Call) -> Response:
    flow, step = open_flow(call, flow_id=call.arguments["flow_id"]), call.arguments["step"]
    if isinstance(flow, Response):
        return flow
    if step not in TITLES or flow.vehicle_id:
        return unknown_page()
    items = sorted(offered(call, flow=flow, step=step), key=lambda pair: sorting_key(pair[1]))
    picks = Markup("\n").join(
        PICK.format(name=f"{step}_id", value=item_id, label=item.name) for item_id, item in items
    )
    return page(title=TITLES[step], content=FORM.format(picks=picks))


def pick(call: Call) -> Response:
    flow, step = open_flow(call, flow_id=call.arguments["flow_id"]), call.arguments["step"]
    if isinstance(flow, Response):
        return flow
    if step not in TITLES or flow.vehicle_id:
        return unknown_page()
    if call.request.form.get("decision") == "cancel":
        return finish_cancelled(call, flow=flow)
    item_id = call.request.form.get(f"{step}_id", "")
    if item_id not in dict(offered(call, flow=flow, step=step)):
        return message_page(title="Not in the list", text="Go back and pick one of the list.", status=400)
    if step == "make":
        flow.make_id, flow.model_id, flow.trim_id = item_id, None, None
    elif step == "model":
        flow.model_id, flow.trim_id = item_id, None
    else:
        flow.trim_id = item_id
    call.state.save(flow)
    return redirect(next_path(catalogue=call.state.catalogue, flow=flow), 302)
