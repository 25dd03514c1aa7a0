"""Accounts registered a moment ago: hostile ones with an attempt to come back to, and honest ones."""

from typing import Any

from django.conf import settings
from django.middleware.csrf import _get_new_csrf_string
from django.utils import timezone

from onboarding_portal.accounts.models import User
from onboarding_portal.onboarding.models import Attempt
from tests.benchmarks.start_data import session_of


def prepare(*, hostile: int, honest: list[str]) -> dict[str, Any]:
    """Sessions of all, and a CSRF token."""
    backend, now = settings.AUTHENTICATION_BACKENDS[-1], timezone.now()
    attackers = [User.objects.create_user(f"hostile{number}@example.com") for number in range(hostile)]
    return {
        "csrf": _get_new_csrf_string(),
        "hostile": [
            {
                "session": session_of(user, backend),
                "return": f"/connect/return/{Attempt.objects.create(owner=user, started_at=now).pk}/",
            }
            for user in attackers
        ],
        "honest": [session_of(User.objects.create_user(email), backend) for email in honest],
    }
