"""What the benchmark of the start needs in its database."""

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.middleware.csrf import _get_new_csrf_string

from onboarding_portal.accounts.models import User
from onboarding_portal.catalogue.models import Make
from tests.factories import make_id

BACKENDS = {
    "portal": "onboarding_portal.accounts.backends.CodeBackend",
    "minimal": "django.contrib.auth.backends.ModelBackend",
    "allauth": "allauth.account.auth_backends.AuthenticationBackend",
    "allauth_quick": "onboarding_portal.accounts.backends.CodeBackend",
}


def prepare(*, connections: int) -> dict[str, object]:
    """A make that is enough alone, a CSRF token, and for each contestant a session of an owner for each connection,
    so that nobody's requests queue up behind one session's row.
    """
    make = Make.objects.create(make_id=make_id("vmak"), name="Tesla", onboardable=True)
    owners = [
        User.objects.create_user(f"owner{number}@example.com", ev_energy_user_id=make_id("user"))
        for number in range(connections)
    ]
    return {
        "make_id": make.pk,
        "csrf": _get_new_csrf_string(),
        "sessions": {name: [session_of(owner, path) for owner in owners] for name, path in BACKENDS.items()},
    }


def session_of(user: User, backend: str) -> str:
    """The key of a new session in which the user is signed in."""
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = backend
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return session.session_key or ""
