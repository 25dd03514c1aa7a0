"""Who may do what. Looking, making links, sending e-mails and seeing links are separate rights."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from onboarding_portal.accounts.requests import user_of
from onboarding_portal.accounts.staff.model_admin import StaffModelAdmin
from onboarding_portal.reconnects.models import BatchKind, Reconnect

_PERMISSION_FOR = {
    BatchKind.LINKS: "reconnects.request_reconnect_links",
    BatchKind.EMAILS: "reconnects.email_reconnect_links",
}


def may_ask_for(kind: BatchKind, request: HttpRequest) -> bool:
    """Whether the person may create, cancel and retry batches of this kind."""
    return user_of(request).has_perm(_PERMISSION_FOR[kind])


def may_see_links(request: HttpRequest) -> bool:
    return user_of(request).has_perm("reconnects.view_reconnect_links")


def may_see(reconnect: Reconnect | None, request: HttpRequest) -> bool:
    """Whether the person may open the page of this reconnect, or of the batch it is in."""
    models = ["reconnect", *(["batch"] if reconnect and reconnect.batch_id else [])]
    user = user_of(request)
    return any(user.has_perm(f"reconnects.{act}_{model}") for model in models for act in ("view", "change"))


class StaffStyles:
    """Long addresses and names wrap; our own parts of Django's pages look like the rest."""

    class Media:
        css = {"all": ["staff.css"]}


class PlainRefusals(StaffModelAdmin[Any]):
    """Django treats an action the person may not take as none at all. Whoever sends one by hand is told plainly."""

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        sent = {action for action in request.POST.getlist("action") if action in (self.actions or ())}
        if sent - self.get_actions(request).keys():
            raise PermissionDenied
        return super().changelist_view(request, extra_context)
