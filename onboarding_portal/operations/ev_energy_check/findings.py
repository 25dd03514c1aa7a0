"""`manage.py check_ev_energy`: what ev.energy makes of this portal, line by line, without changing anything there.

Reading scopes are tried with one call each. `user:write` is not: the only call that needs it makes a user. The
redirect origin is tried with a request ev.energy has to refuse whatever it is (see `_redirect_origin`).
"""

from collections.abc import Iterator, Sequence
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from django.conf import settings

from onboarding_portal.accounts.models import User
from onboarding_portal.ev_energy.auth import Token, read_token
from onboarding_portal.ev_energy.budget import get_budget
from onboarding_portal.ev_energy.errors import (
    BadResponse,
    BudgetExhausted,
    CanComeBack,
    EvEnergyError,
    Forbidden,
    Invalid,
)
from onboarding_portal.ev_energy.ids import is_user_id, is_vehicle_id
from onboarding_portal.ev_energy.priority import Priority, priority
from onboarding_portal.ev_energy.responses import Answer
from onboarding_portal.ev_energy.transport import Transport
from onboarding_portal.operations.ev_energy_check.client_secrets import first_good_answer
from onboarding_portal.operations.ev_energy_check.conversation import NO_TOKEN, Conversation
from onboarding_portal.operations.ev_energy_check.finding import Finding, Verdict

LARGEST_CLOCK_ERROR_SECONDS = 30.0
# Well-shaped, and nobody's: example.com is reserved.
NOBODY = "nobody@example.com"
UNKNOWN_USER_ID = f"user{'0' * 26}"
PASSING_STATUSES = frozenset({408, 425, 429, *range(500, 600)})
UNREGISTERED_ORIGIN = "https://not-registered.example.com"


DISPENSABLE = {"debug:read": "The portal works without, but staff see no command logs. "}
# Told from the token alone: a part of the portal each, which is off without.
OF_PARTS = {
    "vehicle:write": "owners switch smart charging on, disconnect their cars and remove them",
    "tariff:read": "owners choose their tariff",
    "charging_session:read": "owners and staff see what cars charged",
}


def check_ev_energy() -> Iterator[Finding]:
    """Yields a finding for each thing that has to be right, as soon as it is known."""
    conversation = Conversation(
        transport=Transport(
            connect_timeout_seconds=settings.EV_ENERGY_CONNECT_TIMEOUT_SECONDS,
            read_timeout_seconds=settings.EV_ENERGY_READ_TIMEOUT_SECONDS,
        ),
        budget=get_budget(),
    )
    with priority(Priority.STAFF):
        yield from _token(conversation)
        if conversation.token is NO_TOKEN:
            yield Finding(
                verdict=Verdict.OPEN, subject="everything else", text="Not asked: that needs a token."
            )
            return
        yield from _scopes(conversation)
        yield _redirect_origin(conversation)
        yield _budget(conversation)


def _token(conversation: Conversation) -> Iterator[Finding]:
    answer = yield from first_good_answer(conversation)
    if answer is None:
        return
    try:
        said = read_token(answer)
    except EvEnergyError as error:
        text = f"{error} Check EV_ENERGY_TOKEN_URL, and that this machine may open connections to it."
        yield Finding(verdict=Verdict.WRONG, subject="credentials", text=text)
        return
    conversation.token = Token(secret=said.access_token, renew_at=0.0, expires_at=0.0)
    conversation.granted_scopes = frozenset(said.scope.split())
    user_read = _scope(conversation, "user:read", "/users", [("email", NOBODY)])
    yield _credentials(conversation.last_answer if conversation.last_answer is not answer else None)
    yield _clock(answer)
    yield user_read


def _credentials(answer: Answer | None) -> Finding:
    """What the API's first answer to the token says: one of another environment is given out all the same."""
    verdict, text = Verdict.RIGHT, "A token was given, and ev.energy takes it."
    if answer is None or answer.status in PASSING_STATUSES:
        verdict = Verdict.OPEN
        text = "A token was given. ev.energy did not say whether it takes it. Try again later."
    elif answer.status == HTTPStatus.UNAUTHORIZED:
        verdict = Verdict.WRONG
        text = (
            "A token was given, but ev.energy refuses it. Check that EV_ENERGY_TOKEN_URL and EV_ENERGY_API_URL are "
            "of the same environment."
        )
    return Finding(verdict=verdict, subject="credentials", text=text)


def _clock(answer: Answer) -> Finding:
    try:
        theirs = parsedate_to_datetime(answer.headers.get("date", "")).timestamp()
    except ValueError:
        return Finding(verdict=Verdict.OPEN, subject="clock", text="ev.energy did not say what time it is.")
    ahead_seconds = round(answer.received_at - theirs)
    if abs(ahead_seconds) <= LARGEST_CLOCK_ERROR_SECONDS:
        return Finding(verdict=Verdict.RIGHT, subject="clock", text="Agrees with ev.energy's.")
    direction = "ahead of" if ahead_seconds > 0 else "behind"
    return Finding(
        verdict=Verdict.WRONG,
        subject="clock",
        text=f"This machine is {abs(ahead_seconds)} s {direction} ev.energy: tokens and cars would look too old or "
        "too new. Set its clock by NTP.",
    )


def _scopes(conversation: Conversation) -> Iterator[Finding]:
    yield _user_write(conversation)
    yield from _of_parts(conversation.granted_scopes)
    yield _scope(conversation, "vehicle:read", "/vehicles", [("page_size", "1")])
    vehicle_id = _first_vehicle_id(conversation.last_answer)
    if vehicle_id:
        path = f"/vehicles/{vehicle_id}/command_logs"
        yield _scope(conversation, "debug:read", path, [("page_size", "1")])
        return
    yield Finding(
        verdict=Verdict.RIGHT if "debug:read" in conversation.granted_scopes else Verdict.OPEN,
        subject="scope debug:read",
        text="Not tried: there is no car yet whose command logs could be read. Staff's command logs need it.",
    )


def _scope(conversation: Conversation, scope: str, path: str, query: Sequence[tuple[str, str]]) -> Finding:
    verdict, text = Verdict.RIGHT, "Granted."
    try:
        conversation.get(f"check {scope}", path, query)
    except BudgetExhausted as error:
        verdict = Verdict.OPEN
        text = f"Not asked: the requests for background work are used up. Try again in {error.retry_after:.0f} s."
    except Forbidden:
        verdict = Verdict.OPEN if scope in DISPENSABLE else Verdict.WRONG
        text = f"Not granted. {DISPENSABLE.get(scope, '')}Ask ev.energy to grant {scope} to this application."
    except CanComeBack as error:
        verdict, text = Verdict.OPEN, f"{error} Try again later."
    except EvEnergyError as error:
        verdict = Verdict.WRONG
        text = f"{error} Check that EV_ENERGY_API_URL ends in /v2 and is of the token's environment."
    return Finding(verdict=verdict, subject=f"scope {scope}", text=text)


def _user_write(conversation: Conversation) -> Finding:
    subject = "scope user:write"
    if "user:write" in conversation.granted_scopes:
        return Finding(verdict=Verdict.RIGHT, subject=subject, text="Granted, says the token.")
    if conversation.granted_scopes:
        text = (
            "Not among the token's scopes. Ask ev.energy to grant user:write: without it no owner can start."
        )
        return Finding(verdict=Verdict.WRONG, subject=subject, text=text)
    text = "Not tried: it would make a user. The first owner who connects a car shows it."
    return Finding(verdict=Verdict.OPEN, subject=subject, text=text)


def _of_parts(granted: frozenset[str]) -> Iterator[Finding]:
    """Nothing where the token does not say its scopes."""
    for scope, what_for in OF_PARTS.items():
        subject = f"scope {scope}"
        if scope in granted:
            yield Finding(verdict=Verdict.RIGHT, subject=subject, text="Granted, says the token.")
        elif granted:
            text = f"Not among the token's scopes. The portal works without; with it {what_for}."
            yield Finding(verdict=Verdict.OPEN, subject=subject, text=text)


def _redirect_origin(conversation: Conversation) -> Finding:
    """Native apps' form of onboarding without any car is a 400 by contract, and names each field that is wrong.

    So nothing is begun, and `redirect_uri` is among the fields only if its origin is not registered. That this
    portal's ev.energy answers so is shown with an origin that cannot be registered.
    """
    subject, origin = "redirect origin", settings.PORTAL_URL
    register = f"Register {origin} with ev.energy as a redirect URI of this application."
    try:
        is_refused = _names_redirect_uri(conversation, origin)
        tells = is_refused or _names_redirect_uri(conversation, UNREGISTERED_ORIGIN)
    except EvEnergyError as error:
        return Finding(verdict=Verdict.OPEN, subject=subject, text=f"{error} {register}")
    if is_refused:
        return Finding(verdict=Verdict.WRONG, subject=subject, text=f"{origin} is not registered. {register}")
    if not tells:
        text = f"Cannot be told without starting an onboarding. {register}"
        return Finding(verdict=Verdict.OPEN, subject=subject, text=text)
    return Finding(verdict=Verdict.RIGHT, subject=subject, text=f"{origin} is registered.")


def _names_redirect_uri(conversation: Conversation, origin: str) -> bool:
    query = [
        ("user_id", _known_user_id()),
        ("client_id", settings.EV_ENERGY_CLIENT_ID),
        ("redirect_uri", f"{origin}/"),
        ("response_type", "json"),
    ]
    try:
        conversation.get("check redirect_uri", "/vehicle_onboarding", query)
    except Invalid as refusal:
        return "redirect_uri" in refusal.field_errors
    return False


def _known_user_id() -> str:
    """Returns any owner of ours: to an unknown one ev.energy may say 404 before it looks at the rest."""
    linked = User.objects.linked().values_list("ev_energy_user_id", flat=True)
    found = linked.order_by("pk").first() or ""
    return found if is_user_id(found) else UNKNOWN_USER_ID


def _budget(conversation: Conversation) -> Finding:
    subject, reserve = "budget", settings.EV_ENERGY_RESERVED_REQUESTS
    answer = conversation.last_answer
    if answer is None or answer.limit is None or answer.remaining is None:
        return Finding(verdict=Verdict.OPEN, subject=subject, text="ev.energy did not say what is left.")
    said = f"{answer.remaining} of {answer.limit} requests are left, {reserve} are kept for owners."
    if reserve >= answer.limit:
        text = f"{said} Set EV_ENERGY_RESERVED_REQUESTS well below {answer.limit}: background work gets none."
        return Finding(verdict=Verdict.WRONG, subject=subject, text=text)
    if answer.remaining <= reserve:
        return Finding(verdict=Verdict.OPEN, subject=subject, text=f"{said} Background work waits.")
    return Finding(verdict=Verdict.RIGHT, subject=subject, text=said)


def _first_vehicle_id(answer: Answer | None) -> str:
    try:
        vehicles = answer.json() if answer and answer.status == 200 else []
    except BadResponse:
        return ""
    first = vehicles[0] if isinstance(vehicles, list) and vehicles else {}
    vehicle_id = first.get("id") if isinstance(first, dict) else None
    return vehicle_id if isinstance(vehicle_id, str) and is_vehicle_id(vehicle_id) else ""
