"""The admin with this portal's rules in place of Django's own."""

from django.contrib.admin.apps import AdminConfig
from django.db.models.signals import post_migrate


class StaffAdminConfig(AdminConfig):
    """The last of INSTALLED_APPS: when its turn comes after a `migrate`, every other app's rights are there."""

    default_site = "onboarding_portal.accounts.staff.site.StaffAdminSite"

    def ready(self) -> None:
        super().ready()
        # Models, which cannot be imported before.
        from onboarding_portal.accounts.staff.ready_made import give_rights  # noqa: PLC0415  models are there only once apps are

        post_migrate.connect(give_rights, sender=self, dispatch_uid="ready_made_groups")
