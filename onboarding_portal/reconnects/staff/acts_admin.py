"""The acts on open reconnects, as actions of their list and as buttons of their pages; each asks before it acts."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, cast

from django.contrib import admin, messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import CHANGE, LogEntry
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from onboarding_portal.accounts.models import User
from onboarding_portal.accounts.requests import user_of
from onboarding_portal.reconnects.models import BatchKind, Reconnect, ReconnectQuerySet
from onboarding_portal.reconnects.staff import acts
from onboarding_portal.reconnects.staff.permissions import PlainRefusals, may_ask_for


class Do(Protocol):
    def __call__(self, *, rows: ReconnectQuerySet, by: User, now: datetime, why: str = "") -> int: ...


@dataclass(frozen=True, kw_only=True)
class Act:
    """`what_happens` is said before anybody agrees to it; `log` is what the history says afterwards."""

    what_happens: Promise
    log: Promise
    do: Do


ACTS = {
    "send_again": Act(
        what_happens=_(
            "Each owner gets a new e-mail at the address they have now. "
            "Links that were sent or shown before stop working."
        ),
        log=_("E-mailed again."),
        do=acts.send_again,
    ),
    "make_links_anew": Act(
        what_happens=_(
            "A new link is made at ev.energy for each. Links that were sent or shown before stop working."
        ),
        log=_("New link asked for."),
        do=acts.make_links_anew,
    ),
    "revoke_links": Act(
        what_happens=_(
            "Links that were sent or shown stop working, and no reminders go out. "
            "Owners who are signing in at this moment are still watched for; the others’ reconnects end."
        ),
        log=_("Links revoked."),
        do=acts.revoke,
    ),
    "cancel_reconnects": Act(
        what_happens=_("They end, with their links and reminders. The vehicles can be asked about anew."),
        log=_("Cancelled."),
        do=acts.cancel,
    ),
}


# Which are also for those that came to nothing and after which nobody has asked the owner anew.
ASK_ANEW = {"send_again", "make_links_anew"}


class ActsOnReconnects(PlainRefusals):
    """Offers the acts to those who may, on the list and, while the reconnect is open, on its page."""

    def has_email_permission(self, request: HttpRequest) -> bool:
        return may_ask_for(BatchKind.EMAILS, request)

    def has_link_permission(self, request: HttpRequest) -> bool:
        return may_ask_for(BatchKind.LINKS, request)

    def has_end_permission(self, request: HttpRequest) -> bool:
        return user_of(request).has_perm("reconnects.change_reconnect")

    @admin.action(description=_("E-mail again"), permissions=["email"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Reconnect]) -> HttpResponse | None:
        return self._carry_out("send_again", request, queryset)

    @admin.action(description=_("Make a new link to hand out"), permissions=["link"])
    def make_links_anew(self, request: HttpRequest, queryset: QuerySet[Reconnect]) -> HttpResponse | None:
        return self._carry_out("make_links_anew", request, queryset)

    @admin.action(description=_("Revoke links"), permissions=["end"])
    def revoke_links(self, request: HttpRequest, queryset: QuerySet[Reconnect]) -> HttpResponse | None:
        return self._carry_out("revoke_links", request, queryset)

    @admin.action(description=_("Cancel"), permissions=["end"])
    def cancel_reconnects(self, request: HttpRequest, queryset: QuerySet[Reconnect]) -> HttpResponse | None:
        return self._carry_out("cancel_reconnects", request, queryset)

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        offered = [choice for choice in self.get_action_choices(request) if choice[0] in ACTS]
        context = {**(extra_context or {}), "acts": offered, "checkbox_name": ACTION_CHECKBOX_NAME}
        return super().change_view(request, object_id, form_url, context)

    def _carry_out(
        self, name: str, request: HttpRequest, queryset: QuerySet[Reconnect]
    ) -> HttpResponse | None:
        """Says what would happen; once that is confirmed, does it and goes back to the list."""
        act, rows = ACTS[name], cast("ReconnectQuerySet", queryset)
        rows = rows.askable() if name in ASK_ANEW else rows.open()
        if request.POST.get("confirmed") != "yes":
            return self._ask(name, request, open_count=rows.count(), count=queryset.count())
        chosen = list(rows)
        why = request.POST.get("why", "")
        count = act.do(rows=rows, by=user_of(request), now=timezone.now(), why=why)
        LogEntry.objects.log_actions(user_of(request).pk, chosen, CHANGE, str(act.log))
        done = ngettext("Done for %d reconnect.", "Done for %d reconnects.", count) % count
        self.message_user(request, done, messages.SUCCESS if count else messages.WARNING)
        return None

    def _ask(self, name: str, request: HttpRequest, *, open_count: int, count: int) -> HttpResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": dict(self.get_action_choices(request))[name],
            "act": ACTS[name],
            "action": name,
            "open_count": open_count,
            "left_out": count - open_count,
            "checkbox_name": ACTION_CHECKBOX_NAME,
            "selected": request.POST.getlist(ACTION_CHECKBOX_NAME),
            "select_across": request.POST.get("select_across", "0"),
        }
        return TemplateResponse(request, "admin/reconnects/confirm_act.html", context)
