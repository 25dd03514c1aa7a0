"""Groups in the admin: whoever may look sees them, superusers alone change them.

A group's rights are its members', so who could change one would give themselves any.
"""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin as DjangoGroupAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest

from onboarding_portal.accounts.requests import user_of
from onboarding_portal.accounts.staff.model_admin import StaffModelAdmin

admin.site.unregister(Group)


@admin.register(Group)
class GroupAdmin(StaffModelAdmin[Group], DjangoGroupAdmin):
    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return user_of(request).is_superuser

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return user_of(request).is_superuser

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return user_of(request).is_superuser
