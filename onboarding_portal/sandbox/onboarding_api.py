"""`GET /v2/vehicle_onboarding`: where an owner's browser comes in, and where it is sent from here."""

from uuid import UUID

from werkzeug.utils import redirect
from werkzeug.wrappers import Response

from onboarding_portal.sandbox.catalogue import Catalogue, Make, Model, Trim
from onboarding_portal.sandbox.context import Call, json_response
from onboarding_portal.sandbox.identifiers import is_id
from onboarding_portal.sandbox.problems import ProblemError, invalid, not_found
from onboarding_portal.sandbox.records import Flow, User

PROBLEM = "validation-failed-vehicle-onboarding"


def start_onboarding(call: Call) -> Response:
    is_json = read_response_type(call)
    user = onboarding_user(call)
    if (
        not call.text_argument("client_id")
        or call.text_argument("client_id") != call.sandbox.config.client_id
    ):
        raise invalid(problem=PROBLEM, field_errors={"client_id": ["Unknown application."]})
    flow = call.state.new_flow(user_id=user.user_id, redirect_uri=return_address(call))
    flow.make_id, flow.model_id, flow.trim_id = picked_ids(call)
    if is_json and not flow.make_id:
        raise invalid(problem=PROBLEM, field_errors={"make_id": ["Give a make, a model or a trim."]})
    refuse_unsupported(call, flow=flow, status=422 if is_json else 400)
    call.state.save(flow)
    location = call.sandbox.config.origin + next_path(catalogue=call.state.catalogue, flow=flow)
    if is_json:
        return json_response(
            {
                "authorization_request_id": str(UUID(flow.flow_id)),
                "url": location,
                "auth_method": "api",
                "scopes": None,
                "single_select": None,
            }
        )
    return redirect(location, 302)


def read_response_type(call: Call) -> bool:
    response_type = call.request.args.get("response_type")
    if response_type not in {None, "json"}:
        raise invalid(problem=PROBLEM, field_errors={"response_type": ["Only json is known."]})
    return response_type == "json"


def onboarding_user(call: Call) -> User:
    user_id = call.text_argument("user_id")
    if not is_id(text=user_id, prefix="user"):
        raise invalid(problem=PROBLEM, field_errors={"user_id": ["A user id is required."]})
    user = call.state.user(user_id)
    if user is None:
        raise not_found()
    return user


def return_address(call: Call) -> str | None:
    config = call.sandbox.config
    redirect_uri = call.request.args.get("redirect_uri")
    if redirect_uri is None:
        return config.onboarding_redirect_url
    if not config.is_registered(redirect_uri):
        raise invalid(
            problem=PROBLEM,
            field_errors={"redirect_uri": ["Its scheme and host are not registered for this application."]},
        )
    return redirect_uri


def picked_ids(call: Call) -> tuple[str | None, str | None, str | None]:
    """Make, model and trim as far as given, upwards made complete. 404 for unknown ids, 400 for contradictions."""
    catalogue = call.state.catalogue
    make_id, model_id, trim_id = (call.text_argument(name) for name in ("make_id", "model_id", "trim_id"))
    trim: Trim | None = catalogue.trims.get(trim_id)
    model: Model | None = catalogue.models.get(model_id)
    make: Make | None = catalogue.makes.get(make_id)
    if (trim_id and not trim) or (model_id and not model) or (make_id and not make):
        raise not_found()
    if trim and model and trim.model is not model:
        raise invalid(problem=PROBLEM, field_errors={"trim_id": ["This trim is not one of the model's."]})
    model = model or (trim.model if trim else None)
    if model and make and model.make is not make:
        raise invalid(problem=PROBLEM, field_errors={"model_id": ["This model is not one of the make's."]})
    make = make or (model.make if model else None)
    return (
        make.make_id if make else None,
        model.model_id if model else None,
        trim.trim_id if trim else None,
    )


def refuse_unsupported(call: Call, *, flow: Flow, status: int) -> None:
    if flow.make_id and not call.state.catalogue.supported_trims(
        make_id=flow.make_id, model_id=flow.model_id, trim_id=flow.trim_id
    ):
        raise ProblemError(
            status,
            problem="vehicle-not-supported",
            title="Vehicle not supported",
            detail="This vehicle cannot be connected.",
        )


def next_path(*, catalogue: Catalogue, flow: Flow) -> str:
    """The picker for what is missing, else the manufacturer's sign-in."""
    if flow.make_id is None:
        return f"/onboarding/{flow.flow_id}/make"
    make = catalogue.makes[flow.make_id]
    sign_in = sign_in_path(flow=flow, make=make)
    if make.is_enough or flow.trim_id:
        return sign_in
    if flow.model_id is None:
        return f"/onboarding/{flow.flow_id}/model"
    return sign_in if catalogue.models[flow.model_id].is_enough else f"/onboarding/{flow.flow_id}/trim"


def sign_in_path(*, flow: Flow, make: Make) -> str:
    return f"/manufacturer/{make.slug}/sign-in?request={flow.flow_id}"
