"""`manage.py createsuperuser`: Django's, with an entry in the audit log."""

from typing import Any

from django.contrib.auth.management.commands import createsuperuser

from onboarding_portal.accounts.audit import Act, about, command, record
from onboarding_portal.accounts.models import User


class Command(createsuperuser.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        last = User.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        super().handle(*args, **options)
        # Not in one transaction: it asks for a password, and nobody else should wait for that.
        for user in User.objects.filter(pk__gt=last, is_superuser=True):
            record(act=Act.ADDED, actor=command("createsuperuser"), about=about(user), detail=user.email)
