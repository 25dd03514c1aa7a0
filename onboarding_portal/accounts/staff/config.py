"""The admin with this portal's rules in place of Django's own."""

from django.contrib.admin.apps import AdminConfig


class StaffAdminConfig(AdminConfig):
    default_site = "onboarding_portal.accounts.staff.site.StaffAdminSite"
