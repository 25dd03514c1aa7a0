"""Wrong passwords of staff, and the way to unlock a sign-in."""

from axes.models import AccessAttempt
from django.contrib import admin
from django.http import HttpRequest

from onboarding_portal.accounts.staff.model_admin import StaffModelAdmin


@admin.register(AccessAttempt)
class AccessAttemptAdmin(StaffModelAdmin[AccessAttempt]):
    """Wrong passwords of staff. Deleting one unlocks the sign-in."""

    list_display = ("username", "ip_address", "failures_since_start", "attempt_time")
    list_filter = ("attempt_time",)
    search_fields = ("username__startswith", "ip_address__startswith")
    ordering = ("-attempt_time",)
    fields = ("username", "ip_address", "failures_since_start", "attempt_time", "user_agent")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: AccessAttempt | None = None) -> bool:
        return False
