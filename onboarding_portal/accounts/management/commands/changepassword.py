"""`manage.py changepassword`: Django's, with an entry in the audit log."""

from typing import Any

from django.contrib.auth.management.commands import changepassword

from onboarding_portal.accounts.audit import Act, about, command, record
from onboarding_portal.accounts.models import User


class Command(changepassword.Command):
    def handle(self, *args: Any, **options: Any) -> str | None:
        said = super().handle(*args, **options)
        users = User.objects.filter(email=options["username"] or "")
        record(act=Act.PASSWORD_SET, actor=command("changepassword"), about=about(*users))
        return said
