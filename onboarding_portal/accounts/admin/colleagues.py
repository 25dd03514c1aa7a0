"""Colleagues in the admin: who works here, who begins, who leaves. Rights are changed at *Users*, by superusers."""

from collections.abc import Callable
from typing import Any, cast

from allauth.core import ratelimit
from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from onboarding_portal.accounts.audit import Act
from onboarding_portal.accounts.colleagues import joining, leaving, password_pages
from onboarding_portal.accounts.colleagues.forms import InviteForm, ReasonForm
from onboarding_portal.accounts.colleagues.reach import groups_to_give, is_within_reach
from onboarding_portal.accounts.mail import MailNotSent
from onboarding_portal.accounts.models import Colleague, SecondFactor, User
from onboarding_portal.accounts.requests import user_of
from onboarding_portal.accounts.session_rows import key_named, sessions_of
from onboarding_portal.accounts.single_sign_on import pages as sign_on_pages
from onboarding_portal.accounts.staff.model_admin import StaffModelAdmin
from onboarding_portal.accounts.two_factor.notices import tell
from onboarding_portal.addresses import address_to_look_up

LEFT = _("Access ended.")
RESET = _("A colleague with the right to do so reset your second factor. You were signed out everywhere.")
NOT_SENT = _("The e-mail could not be sent. Send it again from the colleague’s page.")


@admin.register(Colleague)
class ColleagueAdmin(StaffModelAdmin[Colleague]):
    form = InviteForm
    act_of_adding = Act.COLLEAGUE_INVITED
    list_display = ("email", "name", "in_groups", "proves_with_two", "last_login", "is_active")
    list_filter = ("is_active",)
    search_fields = ("email",)
    search_help_text = _("The beginning of an e-mail address")
    ordering = ("-is_active", "email")
    show_full_result_count = False
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Colleague]:
        factors = SecondFactor.objects.that_count().filter(user=OuterRef("pk"))
        rows = super().get_queryset(request).filter(is_staff=True)
        return rows.prefetch_related("groups").annotate(has_second_factor=Exists(factors))

    @admin.display(description=_("groups"))
    def in_groups(self, colleague: Colleague) -> str:
        if colleague.is_superuser:
            return gettext("superuser")
        return ", ".join(group.name for group in colleague.groups.all()) or gettext("none")

    @admin.display(description=_("second factor"), boolean=True)
    def proves_with_two(self, colleague: Any) -> bool:
        return bool(colleague.has_second_factor)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Colleague], search_term: str
    ) -> tuple[QuerySet[Colleague], bool]:
        return queryset.filter(email__startswith=address_to_look_up(search_term.strip())), False

    def has_delete_permission(self, request: HttpRequest, obj: Colleague | None = None) -> bool:
        return False  # what they did would lose its author

    # A colleague begins

    def get_form(
        self, request: HttpRequest, obj: Colleague | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        group = form.base_fields["group"]
        group.queryset = groups_to_give(user_of(request))
        group.initial = group.queryset.first()  # the one that may do least
        return form

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Colleague:
        data = form.cleaned_data
        made = joining.add(email=data["email"], name=data["name"], group=data["group"])
        by = user_of(request)
        transaction.on_commit(lambda: self._mail(request, lambda: joining.mail_link(colleague=made, by=by)))
        return cast("Colleague", Colleague.objects.get(pk=made.pk))

    def save_model(self, request: HttpRequest, obj: Colleague, form: Any, change: bool) -> None:
        """Is stored already."""

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """The same."""

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        try:
            return super().add_view(request, form_url, extra_context)
        except IntegrityError:  # the same form, sent twice at the same moment
            messages.info(request, _("This is a colleague’s address already."))
            return redirect("admin:accounts_colleague_changelist")

    def _mail(self, request: HttpRequest, send: Callable[[], None]) -> bool:
        try:
            send()
        except MailNotSent:
            self.message_user(request, NOT_SENT, messages.WARNING)
            return False
        return True

    # A colleague's page

    def get_urls(self) -> list[URLPattern]:
        pages: dict[str, Callable[..., HttpResponse]] = {
            "link": self.link_view,
            "sessions": self.sessions_view,
            "second-factor": self.second_factor_view,
            "left": self.left_view,
        }
        own = [
            path(
                f"<int:pk>/{route}/",
                self.admin_site.admin_view(view),
                name=f"accounts_colleague_{route.replace('-', '_')}",
            )
            for route, view in pages.items()
        ]
        return [*own, *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        colleague = self.get_object(request, object_id)
        if not self.has_view_permission(request, colleague):
            raise PermissionDenied
        if colleague is None:
            raise Http404
        actor = user_of(request)
        is_reached = is_within_reach(actor=actor, colleague=colleague)
        context = {
            "may_change": is_reached and self.has_change_permission(request),
            "may_reset": is_reached and actor.has_perm("accounts.reset_second_factor"),
            "groups": self.in_groups(colleague),
            "factors": list(colleague.second_factors.that_count().order_by("pk")),
            "rows": sessions_of(colleague, now=timezone.now()),
            "is_waiting": not colleague.has_usable_password() and not hasattr(colleague, "staff_identity"),
        }
        return self._page(request, "page", colleague, title=str(colleague), **context)

    def link_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        colleague = self._to_act_on(request, pk)
        if request.method == "POST":
            if not colleague.is_active:
                messages.error(request, _("Their access has ended."))
            elif not ratelimit.consume(request, action="send_password_link", key=str(pk)):
                return render(request, "errors/429.html", status=429)
            elif self._mail(request, lambda: joining.send_link(colleague=colleague, by=user_of(request))):
                messages.success(request, _("A link to set a password is on its way."))
        return self._to_page(pk)

    def sessions_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        colleague, name = self._to_act_on(request, pk), request.POST.get("session", "")
        if request.method == "POST":
            key = key_named(name, user=colleague, now=timezone.now()) if name else ""
            if name and not key:
                messages.info(request, _("That session had ended already."))
                return self._to_page(pk)
            count = leaving.end_sessions(colleague=colleague, by=user_of(request), session_key=key)
            text = ngettext("%d session is ended.", "%d sessions are ended.", count)
            messages.success(request, text % count)
        return self._to_page(pk)

    def second_factor_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        colleague = self._to_act_on(request, pk, right="accounts.reset_second_factor")
        form = ReasonForm(request.POST if request.method == "POST" else None, label_suffix="")
        if not form.is_valid():
            title = gettext("Reset the second factor")
            return self._page(request, "confirm_reset", colleague, title=title, form=form)
        by, why = user_of(request), form.cleaned_data["why"]
        leaving.reset_second_factor(colleague=colleague, by=by, why=why)
        if tell(user=colleague, what=RESET):
            messages.success(request, _("The second factor is reset, and its owner is told by e-mail."))
        else:
            messages.warning(
                request, _("The second factor is reset, but its owner could not be told by e-mail.")
            )
        return self._to_page(pk)

    def left_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        colleague = self._to_act_on(request, pk)
        form = ReasonForm(request.POST if request.method == "POST" else None, label_suffix="")
        if not form.is_valid():
            return self._page(
                request, "confirm_left", colleague, title=gettext("End their access"), form=form
            )
        if colleague.is_active:
            leaving.leave(colleague=colleague, by=user_of(request), why=form.cleaned_data["why"])
            self.write_history(request, [colleague], LEFT)
        messages.success(request, _("Their access has ended, and all their sessions."))
        return self._to_page(pk)

    def _to_act_on(self, request: HttpRequest, pk: int, *, right: str = "") -> Colleague:
        """Raises PermissionDenied without the right, and Http404 for who is none or out of reach."""
        actor = user_of(request)
        if not (actor.has_perm(right) if right else self.has_change_permission(request)):
            raise PermissionDenied
        colleague = self.get_queryset(request).filter(pk=pk).first()
        if colleague is None:
            raise Http404
        if not is_within_reach(actor=actor, colleague=colleague):
            raise PermissionDenied
        return colleague

    def _page(self, request: HttpRequest, name: str, colleague: User, **more: Any) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "opts": self.opts, "colleague": colleague, **more}
        return render(request, f"admin/colleagues/{name}.html", context)

    @staticmethod
    def _to_page(pk: int) -> HttpResponse:
        return redirect(reverse("admin:accounts_colleague_change", args=[pk]))


def my_sessions(request: HttpRequest) -> HttpResponse:
    """Where I am signed in; ending the session I am in is signing out."""
    user, now, here = user_of(request), timezone.now(), request.session.session_key or ""
    if request.method == "POST":
        key = key_named(request.POST.get("session", ""), user=user, now=now)
        if key and key != here:
            leaving.end_sessions(colleague=user, by=user, session_key=key)
            messages.success(request, _("That session is ended."))
        return redirect("admin:my_sessions")
    context = {**admin.site.each_context(request), "title": gettext("Where you are signed in")}
    rows = sessions_of(user, now=now, here=here)
    return render(request, "admin/colleagues/my_sessions.html", {**context, "rows": rows})


@require_POST
def sign_me_out_everywhere(request: HttpRequest) -> HttpResponse:
    user = user_of(request)
    leaving.end_sessions(colleague=user, by=user)
    messages.success(request, _("You are signed out everywhere."))
    return redirect("admin:login")


admin.site.add_page("sessions/", my_sessions, name="my_sessions")  # type: ignore[attr-defined]  # the site is ours
admin.site.add_page("sessions/end-all/", sign_me_out_everywhere, name="end_my_sessions")  # type: ignore[attr-defined]  # the site is ours
admin.site.add_open_page("password/forgotten/", password_pages.forgotten, name="forgotten_password")  # type: ignore[attr-defined]  # the site is ours
admin.site.add_open_page("password/<str:token>/", password_pages.set_password, name="set_password")  # type: ignore[attr-defined]  # the site is ours
admin.site.add_open_page("single-sign-on/", sign_on_pages.leave, name="single_sign_on")  # type: ignore[attr-defined]  # the site is ours
admin.site.add_open_page("single-sign-on/return/", sign_on_pages.come_back, name="single_sign_on_return")  # type: ignore[attr-defined]  # the site is ours
