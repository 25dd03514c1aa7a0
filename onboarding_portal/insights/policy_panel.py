"""What came of the e-mails that go out by themselves, for staff's first page."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from onboarding_portal.accounts.requests import user_of
from onboarding_portal.reconnects.models import Policy
from onboarding_portal.reconnects.policy.results import comparison, results_of


def policy_panel(request: HttpRequest) -> dict[str, Any] | None:
    """Each arm of the version in force. A fixed number of queries; None to those who may not see the policy."""
    if not user_of(request).has_perm("reconnects.view_policyversion"):
        return None
    policy = Policy.objects.current()
    results = results_of(policy.version, now=timezone.now()) if policy.version else []
    return {
        "policy": policy,
        "version": policy.version,
        "results": results,
        "comparison": comparison(results),
    }
