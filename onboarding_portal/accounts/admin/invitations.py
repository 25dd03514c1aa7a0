"""Invitations: staff send them, and send them again."""

from functools import partial
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from onboarding_portal.accounts.address_field import AddressField
from onboarding_portal.accounts.audit import Act
from onboarding_portal.accounts.invitations import mail as invitation_mail
from onboarding_portal.accounts.invitations import makes
from onboarding_portal.accounts.mail import MailNotSent
from onboarding_portal.accounts.models import Invitation, InvitationImport, User
from onboarding_portal.accounts.requests import user_of
from onboarding_portal.accounts.staff.model_admin import StaffModelAdmin

MOST_AT_ONCE = 50


class InvitationForm(forms.ModelForm[Invitation]):
    """Whoever has a car connected already is invited only by one who was told so: the second click, with the tick."""

    email = AddressField()
    all_the_same = forms.BooleanField(
        label=_("Invite all the same"),
        required=False,
        help_text=_("For an owner whose car is connected already."),
    )

    class Meta:
        model = Invitation
        fields = ("email",)

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or {}
        owners = User.objects.with_email(data["email"]) if "email" in data else User.objects.none()
        is_connected = owners.filter(vehicles__isnull=False, vehicles__removed_at=None).exists()
        if is_connected and not data.get("all_the_same"):
            self.add_error(
                "all_the_same",
                _(
                    "This owner has a car connected already. Tick here if you want to invite them all the same."
                ),
            )
        return data

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        if Invitation.objects.for_email(email).open(now=timezone.now()).exists():
            raise forms.ValidationError(
                _("This address has an open invitation. Send it again from the list.")
            )
        return email


class FileFilter(admin.SimpleListFilter):
    """Those from one file, by the address its page leads to; the files are not listed."""

    title = _("file")
    parameter_name = "file"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        chosen = request.GET.get(self.parameter_name, "")
        if not (chosen.isascii() and chosen.isdigit() and len(chosen) < 10):
            return []
        seen = InvitationImport.objects.seen_by(user_of(request)).filter(pk=chosen)
        return [(chosen, name) for name in seen.values_list("file_name", flat=True)]

    def has_output(self) -> bool:
        return bool(self.value())

    def queryset(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> QuerySet[Invitation]:
        return queryset.filter(source__pk=value) if (value := self.value()) else queryset


@admin.register(Invitation)
class InvitationAdmin(StaffModelAdmin[Invitation]):
    form = InvitationForm
    fields = ("email", "all_the_same")
    list_display = (
        *("email", "name", "state", "make", "language", "note", "invited_by"),
        *("created_at", "mailed_at", "expires_at", "accepted_at"),
    )
    list_filter = (("accepted_at", admin.EmptyFieldListFilter), "waits_for", "expires_at", FileFilter)
    list_select_related = ("invited_by",)
    search_fields = ("email__startswith",)
    search_help_text = _("The beginning of an e-mail address")
    ordering = ("-created_at", "pk")
    actions = ("send_again",)
    act_of_adding = Act.INVITED

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        may_send_file = user_of(request).has_perm("accounts.add_invitationimport")
        return super().changelist_view(request, {**(extra_context or {}), "may_send_file": may_send_file})

    def get_queryset(self, request: HttpRequest) -> QuerySet[Invitation]:
        return super().get_queryset(request).annotate(make_name=makes.name_of("make_id"))

    @admin.display(description=_("make"))
    def make(self, invitation: Any) -> str:
        return invitation.make_name or ""

    @admin.display(description=_("state"))
    def state(self, invitation: Invitation) -> str:
        return str(invitation.state(now=timezone.now()).label)

    def has_change_permission(self, request: HttpRequest, obj: Invitation | None = None) -> bool:
        return False  # another address needs another invitation

    def save_model(
        self, request: HttpRequest, obj: Invitation, form: forms.ModelForm[Invitation], change: bool
    ) -> None:
        stored, token = Invitation.objects.invite(
            email=obj.email, invited_by=user_of(request), now=timezone.now()
        )
        obj.pk = stored.pk  # what the admin goes on with and writes in its log
        transaction.on_commit(partial(self._send, request, stored, token))

    def _send(self, request: HttpRequest, invitation: Invitation, token: str) -> None:
        try:
            invitation_mail.send(invitation=invitation, token=token)
        except MailNotSent:
            self.message_user(
                request,
                _("The invitation is stored, but its e-mail could not be sent. Send it again from the list."),
                messages.WARNING,
            )

    @admin.action(description=_("Send the selected invitations again"), permissions=["add"])
    def send_again(self, request: HttpRequest, queryset: QuerySet[Invitation]) -> None:
        sent = accepted = 0
        if queryset.count() > MOST_AT_ONCE:  # each waits for the mail server
            text = _("At most %d at once: choose fewer.") % MOST_AT_ONCE
            self.message_user(request, text, messages.ERROR)
            return
        for invitation in queryset:
            try:
                invitation_mail.send_again(invitation=invitation, by=user_of(request), now=timezone.now())
                sent += 1
            except invitation_mail.AlreadyAccepted:
                accepted += 1
            except MailNotSent:
                self.message_user(request, _("The mail server cannot be reached now."), messages.ERROR)
                break
        if sent:
            text = ngettext("%d invitation is on its way.", "%d invitations are on their way.", sent)
            self.message_user(request, text % sent, messages.SUCCESS)
        if accepted:
            text = ngettext("%d was accepted already.", "%d were accepted already.", accepted)
            self.message_user(request, text % accepted, messages.WARNING)
