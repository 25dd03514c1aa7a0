"""Django's sessions in the database, each read with the user who is signed in: most pages begin with both."""

from typing import Any, cast

from django.conf import settings
from django.contrib.auth import (
    BACKEND_SESSION_KEY,
    HASH_SESSION_KEY,
    SESSION_KEY,
    get_user,
    middleware,
)
from django.contrib.auth.models import AbstractBaseUser, AnonymousUser
from django.contrib.sessions.backends import db
from django.http import HttpRequest
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.functional import SimpleLazyObject

from onboarding_portal.accounts.models import Session, User
from onboarding_portal.built_once import by_key


class SessionStore(db.SessionStore):
    user: User | None = None  # who was signed in when the session was read

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        session = cast("Session", super().create_model_instance(data))
        session.user_id = User._meta.pk.to_python(data.get(SESSION_KEY))
        return session

    def _get_session_from_db(self) -> Session | None:
        key = self.session_key or ""
        # A cookie may hold anything, and PostgreSQL refuses a NUL with an error.
        session = by_key(Session, key, related="user") if key.isalnum() else None
        if session is None or session.expire_date <= timezone.now():
            self._session_key = None  # as Django does: a key that opens nothing is not used again
            return None
        self.user = session.user
        return session


class AuthenticationMiddleware(middleware.AuthenticationMiddleware):
    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        request.user = cast("User", SimpleLazyObject(lambda: _user_of(request)))


def _user_of(request: HttpRequest) -> AbstractBaseUser | AnonymousUser:
    """The user who was read with the session, if all is well; otherwise Django finds out what is wrong."""
    session = cast("SessionStore", request.session)
    is_known = session.get(BACKEND_SESSION_KEY) in settings.AUTHENTICATION_BACKENDS
    user = session.user
    if not is_known or user is None or not user.is_active or str(user.pk) != session.get(SESSION_KEY):
        return get_user(request)
    if not constant_time_compare(session.get(HASH_SESSION_KEY, ""), user.get_session_auth_hash()):
        return get_user(request)
    return user
