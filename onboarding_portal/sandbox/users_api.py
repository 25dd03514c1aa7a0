"""`/users`: find, read, create, give another address.

An e-mail address belongs to one user: a second POST with it, in any case of letters, answers 400 with
`field_errors`, which is what an application meets whose first POST took effect but whose answer was lost.
"""

import re

from werkzeug.wrappers import Response

from onboarding_portal.sandbox.context import Call, json_response
from onboarding_portal.sandbox.pagination import page_of_items
from onboarding_portal.sandbox.problems import invalid, not_found
from onboarding_portal.sandbox.records import User
from onboarding_portal.sandbox.representations import user_json, wanted_expands
from onboarding_portal.sandbox.tariffs import changed_home

USER_EXPANDS = frozenset(
    {"default_location.tariff", "default_location.tariff.supplier", "default_location.evse_site"}
)
EMAIL = re.compile(r"[^@\s<>()\[\],;:\\\"]{1,64}@[^@\s<>()\[\],;:\\\"]+\.[^@\s.<>()\[\],;:\\\"]{2,}")
PROBLEM = "validation-failed-create-user"
PROBLEM_OF_CHANGE = "validation-failed-update-user"


def visible_users(call: Call) -> list[User] | None:
    """The few users a call is about, or None for all of them."""
    users = [call.acting_user] if call.acting_user else None
    if email := call.text_argument("email"):
        user = call.state.user_by_email(email)
        users = [user] if user and (users is None or user in users) else []
    return users


def list_users(call: Call) -> Response:
    expands = wanted_expands(call, allowed=USER_EXPANDS)
    register = call.state.users
    users = visible_users(call)
    return page_of_items(
        call,
        items=register.order if users is None else users,
        places=register.places if users is None else None,
        represent=lambda user: user_json(call, user, expands),
    )


def get_user(call: Call) -> Response:
    expands = wanted_expands(call, allowed=USER_EXPANDS)
    user = call.state.user(call.arguments["user_id"])
    if user is None:
        raise not_found()
    return json_response(user_json(call, user, expands))


def create_user(call: Call) -> Response:
    if call.request.mimetype in {"application/x-www-form-urlencoded", "multipart/form-data"}:
        values: dict[str, object] = dict(call.request.form.items())
    else:
        values = call.json_object()
    email = values.get("email")
    if email is not None:
        email = _free_address(call, email, problem=PROBLEM)
    user = call.state.add_user(email=email, now_us=call.now_us)
    return json_response(user_json(call, user), status=201)


def change_user(call: Call) -> Response:
    """Of what a user holds, the mail address and the home can be changed."""
    expands = wanted_expands(call, allowed=USER_EXPANDS)
    user = call.state.user(call.arguments["user_id"])
    if user is None:
        raise not_found()
    body = call.json_object()
    home = changed_home(call, user=user, values=body.get("default_location", {}))
    email = body.get("email", user.email)
    if email != user.email:
        call.state.change_address(user, email=_free_address(call, email, problem=PROBLEM_OF_CHANGE, but=user))
    if home != user.home:
        user.home = home
        call.state.save(user, at_us=call.now_us)
    return json_response(user_json(call, user, expands))


def _free_address(call: Call, email: object, *, problem: str, but: User | None = None) -> str:
    if not isinstance(email, str) or len(email) > 254 or not EMAIL.fullmatch(email):
        raise invalid(problem=problem, field_errors={"email": ["Enter a valid email address."]})
    if call.state.user_by_email(email) not in (None, but):
        raise invalid(problem=problem, field_errors={"email": ["A user with this email already exists."]})
    return email
