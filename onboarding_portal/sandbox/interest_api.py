"""Before there is an account: does this model work in this country, and tell me when it does."""

import re
from uuid import uuid4

from werkzeug.wrappers import Response

from onboarding_portal.sandbox.context import Call, json_response
from onboarding_portal.sandbox.identifiers import is_id, stable_id
from onboarding_portal.sandbox.problems import ProblemError, invalid
from onboarding_portal.sandbox.users_api import EMAIL

CHECK_PROBLEM = "validation-failed-vehicle-compatibility-check"
WAITLIST_PROBLEM = "validation-failed-vehicle-waitlist"
COUNTRIES = frozenset(
    (
        "AT",
        "AU",
        "BE",
        "CA",
        "CH",
        "DE",
        "DK",
        "ES",
        "FI",
        "FR",
        "GB",
        "IE",
        "IT",
        "LU",
        "NL",
        "NO",
        "NZ",
        "PT",
        "SE",
        "US",
    )
)
COUNTRY = re.compile(r"[A-Za-z]{2}")


def check_compatibility(call: Call) -> Response:
    model_id = call.text_argument("vehicle_model_id")
    if not is_id(text=model_id, prefix="vmod"):
        raise invalid(
            problem=CHECK_PROBLEM, field_errors={"vehicle_model_id": ["A vehicle model id is required."]}
        )
    country = call.request.args.get("country") or country_of_language(call)
    if not COUNTRY.fullmatch(country):
        raise invalid(
            problem=CHECK_PROBLEM, field_errors={"country": ["Two letters of ISO 3166 are expected."]}
        )
    if call.text_argument("program_id"):
        raise ProblemError(404, problem="program-not-found-vehicle-compatibility")
    model = call.state.catalogue.models.get(model_id)
    if model is None:
        raise ProblemError(404, problem="vehicle-model-not-found")
    is_compatible = call.state.catalogue.is_model_supported(model) and country.upper() in COUNTRIES
    return json_response({"compatible": is_compatible, "recommendation_rank": model.make.rank})


def country_of_language(call: Call) -> str:
    best = call.request.accept_languages.best or ""
    region = best.replace("_", "-").partition("-")[2]
    return region if COUNTRY.fullmatch(region) else "US"


def join_waitlist(call: Call) -> Response:
    body = call.json_object()
    errors: dict[str, list[str]] = {}
    email = body.get("email")
    if not isinstance(email, str) or not EMAIL.fullmatch(email):
        errors["email"] = ["Enter a valid email address."]
    if body.get("program_id") is not None:
        errors["program_id"] = ["Unknown program."]
    model_id, names = (
        body.get("vehicle_model_id"),
        [body.get("vehicle_make_name"), body.get("vehicle_model_name")],
    )
    if model_id is not None:
        if any(name is not None for name in names):
            errors["vehicle_model_id"] = ["Give either a vehicle model id or both names."]
        elif model_id not in call.state.catalogue.models:
            errors["vehicle_model_id"] = ["Unknown vehicle model."]
    elif not all(isinstance(name, str) and name.strip() for name in names):
        errors["vehicle_model_name"] = ["Give either a vehicle model id or both names."]
    if errors:
        raise invalid(problem=WAITLIST_PROBLEM, field_errors=errors)
    call.sandbox.statistics.waitlist_entries += 1
    return json_response({"id": stable_id("vwlt", uuid4())}, status=201)
