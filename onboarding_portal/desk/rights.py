"""Which right each part of an owner's page, and each act there, needs beside the right to look at owners."""

from collections.abc import Callable
from functools import wraps

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse

from onboarding_portal.accounts.models import User
from onboarding_portal.accounts.requests import user_of

LOOK = ("accounts.view_user", "accounts.change_user")
SECTIONS = {
    "cars": "vehicles.view_vehicle",
    "attempts": "onboarding.view_attempt",
    "reconnects": "reconnects.view_reconnect",
    "mails": "accounts.view_sentmail",
    "invitations": "accounts.view_invitation",
    "notes": "vehicles.view_note",
    "by_hand": "vehicles.view_byhand",
}
WRITE_NOTES = "vehicles.add_note"
ASSIGN = "vehicles.add_byhand"
END = "vehicles.change_byhand"
PAUSE = "accounts.pause_mail"
SIGN_OUT = "accounts.end_sessions"
SEND_LINK = "accounts.send_code"
CHANGE_ADDRESS = "accounts.change_user_address"
MERGE = "accounts.merge_users"
HAND_OVER = "vehicles.hand_over_vehicle"

View = Callable[[HttpRequest, User], HttpResponse]


def may_look(request: HttpRequest) -> bool:
    return any(user_of(request).has_perm(right) for right in LOOK)


def about_owner(*rights: str) -> Callable[[View], Callable[..., HttpResponse]]:
    """For a view about an owner whose number is in its address. Staff have no such page."""

    def decorate(view: View) -> Callable[..., HttpResponse]:
        @wraps(view)
        def guarded(request: HttpRequest, object_id: int) -> HttpResponse:
            if not may_look(request) or not user_of(request).has_perms(rights):
                raise PermissionDenied
            owner = User.objects.owners().filter(pk=object_id).first()
            if owner is None:
                raise Http404
            return view(request, owner)

        return admin.site.admin_view(guarded)

    return decorate
