"""What the benchmark of the start needs in its database."""

from importlib import import_module

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.middleware.csrf import _get_new_csrf_string

from onboarding_portal.accounts.models import User
from onboarding_portal.catalogue.models import Make
from tests.factories import make_id


def prepare(*, connections: int) -> dict[str, object]:
    """A make that is enough alone, a CSRF token, and an owner for each connection."""
    make = Make.objects.create(make_id=make_id("vmak"), name="Tesla", onboardable=True)
    owners = [
        User.objects.create_user(f"owner{number}@example.com", ev_energy_user_id=make_id("user"))
        for number in range(connections)
    ]
    return {"make_id": make.pk, "csrf": _get_new_csrf_string(), "owners": [owner.pk for owner in owners]}


def sign_in(*, owners: list[int]) -> list[str]:
    """The key of a new session for each owner, of the kind these settings have.

    Each connection has one of its own, so that nobody's requests queue up behind one session's row.
    """
    backend = settings.AUTHENTICATION_BACKENDS[-1]
    return [session_of(owner, backend) for owner in User.objects.filter(pk__in=owners)]


def session_of(user: User, backend: str) -> str:
    """The key of a new session in which the user is signed in."""
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = backend
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return str(session.session_key)
