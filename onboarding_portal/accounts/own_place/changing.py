"""What an owner changes about themselves, and that it is written down."""

from django.db import transaction
from django.http import HttpRequest, HttpResponse

from onboarding_portal.accounts.audit import Act, about, record
from onboarding_portal.accounts.language.in_force import choose_language
from onboarding_portal.accounts.models import User
from onboarding_portal.accounts.viewer_zone import choose_owners_zone


def change_about(
    *,
    request: HttpRequest,
    response: HttpResponse,
    owner: User,
    name: str,
    language: str,
    time_zone: str,
    country: str,
) -> None:
    with transaction.atomic():
        owner.name, owner.country = name, country
        owner.save(update_fields=["name", "country"])
        choose_language(request, response, language=language)
        choose_owners_zone(request, response, zone=time_zone, owner=owner)
        record(act=Act.ACCOUNT_CHANGED, actor=owner, about=about(owner))


def switch_reminders(*, owner: User, on: bool) -> None:
    with transaction.atomic():
        User.objects.filter(pk=owner.pk).update(wants_reminders=on)
        record(act=Act.REMINDERS_CHANGED, actor=owner, about=about(owner))
