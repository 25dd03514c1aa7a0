"""Users in the admin: owners, whom staff help, and staff, whose rights superusers give."""

from functools import partial
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import UserChangeForm
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from onboarding_portal.accounts.address_field import AddressField
from onboarding_portal.accounts.admin.owners_data import ExportsAndErases
from onboarding_portal.accounts.audit import Act, about, record
from onboarding_portal.accounts.ev_energy_user import ClaimRefused, check_typed_id
from onboarding_portal.accounts.mail import MailNotSent
from onboarding_portal.accounts.models import Invitation, User
from onboarding_portal.accounts.new_address import tell_old_address
from onboarding_portal.accounts.owner_search import owners_matching
from onboarding_portal.accounts.requests import user_of
from onboarding_portal.accounts.staff.model_admin import StaffModelAdmin
from onboarding_portal.addresses import address_to_look_up
from onboarding_portal.ev_energy.client import get_client
from onboarding_portal.ev_energy.deadline import deadline
from onboarding_portal.ev_energy.priority import Priority, priority
from onboarding_portal.timing import OWNER_WAITS_SECONDS


class AddUserForm(forms.ModelForm[User]):
    """Only the address: owners have no password, and staff are given theirs on the next page."""

    email = AddressField()

    class Meta:
        model = User
        fields = ("email",)

    def save(self, commit: bool = True) -> User:
        self.instance.set_unusable_password()
        return super().save(commit)


class ChangeUserForm(UserChangeForm[User]):
    """`id_trouble` is what is wrong with the id at ev.energy that was typed, "" if nothing is."""

    email = AddressField()
    id_trouble = ""

    def clean_ev_energy_user_id(self) -> str | None:
        if self.id_trouble:
            raise forms.ValidationError(self.id_trouble)
        return (self.cleaned_data["ev_energy_user_id"] or "").strip() or None

    def save(self, commit: bool = True) -> User:
        if "ev_energy_user_id" in self.changed_data:
            self.instance.ev_energy_client_id = settings.EV_ENERGY_CLIENT_ID
        return super().save(commit)


SIGNED_OUT = _("Signed out everywhere.")


class UserAdmin(ExportsAndErases, StaffModelAdmin[User], DjangoUserAdmin[User]):
    """What this room knows of staff's list. The highest room that adds to it registers it, once."""

    form = ChangeUserForm
    add_form = AddUserForm
    add_fieldsets = ((None, {"fields": ("email",)}),)
    list_display = ("email", "name", "ev_energy_user_id", "is_staff", "is_active", "last_login", "joined_at")
    list_filter = ("is_staff", "is_active", ("ev_energy_user_id", admin.EmptyFieldListFilter))
    search_fields = ("email",)
    search_help_text = _("Any part of an e-mail address or a name, or an ev.energy user id")
    ordering = ("-joined_at", "pk")
    readonly_fields = ("last_login", "joined_at", "is_self_registered")
    show_full_result_count = False
    actions = ("sign_out_everywhere",)

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        if obj is None:
            return self.add_fieldsets
        rights = ("is_staff", "password", "is_superuser", "groups", "user_permissions")
        return (
            (None, {"fields": ("email", "name", "ev_energy_user_id", "is_active", "wants_reminders")}),
            (_("Staff"), {"fields": rights if obj.is_staff else ("is_staff",)}),
            (_("Dates"), {"fields": ("joined_at", "last_login", "is_self_registered")}),
        )

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> Any:
        # Whoever may edit owners must not be able to make themselves, or a friend, a superuser.
        if user_of(request).is_superuser:
            return self.readonly_fields
        rights = ("is_staff", "is_superuser", "groups", "user_permissions", "ev_energy_user_id")
        # To whom the address belongs the account belongs: that is a right of its own.
        may_move = obj is None or user_of(request).has_perm("accounts.change_user_address")
        return (*self.readonly_fields, *rights, *(() if may_move else ("email",)))

    def save_model(self, request: HttpRequest, obj: User, form: Any, change: bool) -> None:
        old = User.objects.filter(pk=obj.pk).values_list("email", flat=True).first() if change else None
        super().save_model(request, obj, form, change)
        if old and old != obj.email:
            Invitation.objects.end(email=old, now=timezone.now())
            transaction.on_commit(partial(self.tell_old_address, request, old, obj))

    def tell_old_address(self, request: HttpRequest, old: str, owner: User) -> None:
        try:
            tell_old_address(email=old, owner=owner)
        except MailNotSent:
            text = _("The address is changed, but the old one could not be told so by e-mail.")
            self.message_user(request, text, messages.WARNING)

    @admin.action(description=_("Sign out everywhere"), permissions=["change"])
    def sign_out_everywhere(self, request: HttpRequest, queryset: QuerySet[User]) -> None:
        rows = User.objects.filter(pk__in=queryset)
        within = rows if user_of(request).is_superuser else rows.owners()
        with transaction.atomic():
            count = within.end_sessions()
            record(act=Act.SIGNED_OUT_EVERYWHERE, actor=user_of(request), about=about(*within))
            self.write_history(request, within, SIGNED_OUT)
        text = ngettext("%d user is signed out everywhere.", "%d users are signed out everywhere.", count)
        self.message_user(request, text % count, messages.SUCCESS)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        user = self.get_object(request, object_id)
        if request.method == "POST" and user is not None and self.has_change_permission(request, user):
            # Here, because the form is checked in a transaction, where nobody should wait for ev.energy.
            trouble = self._trouble_with_typed_id(request, user)
            request.id_trouble = trouble  # type: ignore[attr-defined]  # a request takes what is to go along with it
        return super().change_view(request, object_id, form_url, extra_context)

    def get_form(
        self, request: HttpRequest, obj: User | None = None, change: bool = False, **kwargs: Any
    ) -> Any:
        form: Any = super().get_form(request, obj, change=change, **kwargs)
        form.id_trouble = getattr(request, "id_trouble", "")
        return form

    def _trouble_with_typed_id(self, request: HttpRequest, user: User) -> str:
        typed = request.POST.get("ev_energy_user_id", "").strip()
        may_type = "ev_energy_user_id" not in self.get_readonly_fields(request, user)
        if not typed or typed == user.linked_user_id or not may_type:
            return ""
        email = address_to_look_up(request.POST.get("email", ""))
        try:
            with priority(Priority.STAFF), deadline(seconds=OWNER_WAITS_SECONDS):
                check_typed_id(ev_energy_user_id=typed, email=email, client=get_client())
        except ClaimRefused as refused:
            return str(refused)
        return ""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[User], search_term: str
    ) -> tuple[QuerySet[User], bool]:
        return queryset.filter(owners_matching(search_term)) if search_term.strip() else queryset, False

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_change_permission(request, obj) and self._is_within_reach(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return super().has_delete_permission(request, obj) and self._is_within_reach(request, obj)

    def user_change_password(
        self,
        request: HttpRequest,
        id: str,  # noqa: A002  Django's name
        form_url: str = "",
    ) -> HttpResponse:
        user = self.get_object(request, id)
        if user is not None and not user.is_staff:
            raise PermissionDenied  # owners sign in with a code; a password would only be one more thing to steal
        return super().user_change_password(request, id, form_url)

    @staticmethod
    def _is_within_reach(request: HttpRequest, obj: User | None) -> bool:
        is_owner = obj is None or not (obj.is_staff or obj.is_superuser)
        return is_owner or user_of(request).is_superuser
