"""Django's sessions in the database, read the short way: most pages begin with that."""

from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.utils import timezone

from onboarding_portal.by_key import by_key


class SessionStore(db.SessionStore):
    def _get_session_from_db(self) -> Session | None:
        key = self.session_key or ""
        # A cookie may hold anything, and PostgreSQL refuses a NUL with an error.
        session = by_key(Session, key) if key.isalnum() else None
        if session is None or session.expire_date <= timezone.now():
            self._session_key = None  # as Django does: a key that opens nothing is not used again
            return None
        return session
