"""When staff's sign-in is locked: axes counts wrong passwords by whose and from where together; here is the rest.

One network could try one password on everybody, many networks many passwords on one. So failures are summed by each
of the two alone as well, with limits high enough for an office behind one address. None of this locks out a browser
in which the same person has signed in before: its tries are counted apart.
"""

from typing import Any

from allauth.core import ratelimit
from axes.handlers.database import AxesDatabaseHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.db.models import Q, Sum
from django.http import HttpRequest
from django.utils import timezone

from onboarding_portal.accounts.known_browser import known_browser
from onboarding_portal.accounts.sign_in.lock_out import tried_address, tried_from


class StaffAttemptsHandler(AxesDatabaseHandler):  # type: ignore[misc]  # axes has no types
    def is_locked(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> bool:
        email = tried_address(request, credentials)
        if own := known_browser(request, email=email):
            return not ratelimit.consume(request, action="password_in_known_browser", key=own)
        if super().is_locked(request, credentials):
            return True
        return (
            _failures(Q(ip_address=tried_from(request))) >= settings.STAFF_FAILURES_OF_A_NETWORK
            or _failures(Q(username=email)) >= settings.STAFF_FAILURES_OF_A_NAME
        )

    def get_failures(self, request: HttpRequest, credentials: dict[str, Any] | None = None) -> int:
        own = known_browser(request, email=tried_address(request, credentials))
        return 0 if own else int(super().get_failures(request, credentials))


def _failures(whose: Q) -> int:
    recent = AccessAttempt.objects.filter(
        whose, attempt_time__gte=timezone.now() - settings.AXES_COOLOFF_TIME
    )
    return recent.aggregate(Sum("failures_since_start"))["failures_since_start__sum"] or 0
