"""Pages that ask before something moves: an address, a whole account, a car. Each says what happens first."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from onboarding_portal.accounts import new_address as address
from onboarding_portal.accounts.address_field import AddressField
from onboarding_portal.accounts.models import User
from onboarding_portal.accounts.requests import user_of
from onboarding_portal.desk import handing_over, merging, rights
from onboarding_portal.desk.rights import about_owner
from onboarding_portal.desk.views import page_of, staff_context
from onboarding_portal.ev_energy.client import get_client
from onboarding_portal.vehicles.cause_words import Text
from onboarding_portal.vehicles.models import Vehicle

UNTOLD: dict[str, Text] = {
    "old address": _("The address is changed, but the old one could not be told so by e-mail."),
    "ev.energy": _(
        "The address is changed here, but ev.energy could not be told. The owner’s cars are not touched by that."
    ),
}


class NewAddressForm(forms.Form):
    """`seen` is the address the page showed: what was changed meanwhile in another tab is not changed again."""

    email = AddressField(label=_("New e-mail address"))
    seen = forms.CharField(widget=forms.HiddenInput)


class OtherOwnerForm(forms.Form):
    """Names another owner by their whole address."""

    email = AddressField(label=_("E-mail address"))

    def clean_email(self) -> User:
        found = User.objects.owners().with_email(self.cleaned_data["email"]).first()
        if found is None:
            raise forms.ValidationError(_("No owner has this address."))
        return found


def _ask(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    has_trouble = bool(context.get("form") and context["form"].errors)
    return TemplateResponse(
        request, f"admin/desk/{template}.html", context, status=400 if has_trouble else 200
    )


@about_owner(rights.CHANGE_ADDRESS)
def change_address(request: HttpRequest, owner: User) -> HttpResponse:
    form = NewAddressForm(request.POST or None, initial={"seen": owner.email})
    if request.method == "POST" and form.is_valid():
        try:
            old = address.change_address(
                owner=owner,
                seen=form.cleaned_data["seen"],
                to=form.cleaned_data["email"],
                by=user_of(request),
                now=timezone.now(),
            )
        except address.AddressTaken:
            form.add_error(
                "email", _("Another account has this address. If it is the same person’s, merge the two.")
            )
        except address.ChangedMeanwhile:
            messages.warning(
                request, _("Nothing was changed: the owner has this, or another, address by now.")
            )
            return redirect(page_of(owner))
        else:
            say_who_is_told(request, owner, old)
            return redirect(page_of(owner))
    title = _("Change the e-mail address")
    return _ask(request, "change_address", {**staff_context(request, owner, title), "form": form})


def say_who_is_told(request: HttpRequest, owner: User, old: str) -> None:
    untold = address.announce(owner=owner, old=old, client=get_client())
    for who in untold:
        messages.warning(request, str(UNTOLD[who]))
    if not untold:
        messages.success(request, _("The address is changed. The old one was told."))


@about_owner(rights.MERGE)
def merge(request: HttpRequest, owner: User) -> HttpResponse:
    """First asks for the other account, then shows both and asks whether to merge them."""
    form = OtherOwnerForm(request.POST or request.GET or None)
    context = {**staff_context(request, owner, _("Merge with another account")), "form": form}
    if not form.is_valid():
        return _ask(request, "merge", context)
    other = form.cleaned_data["email"]
    try:
        merging.check(kept=owner, other=other)
        if request.method != "POST":
            return _ask(request, "merge", {**context, "other": other, "accounts": _sizes(owner, other)})
        merging.merge(kept=owner, other=other, by=user_of(request), now=timezone.now())
    except merging.CannotBeMerged:
        form.add_error("email", _("These two cannot be merged: one is closed, or they are the same."))
        return _ask(request, "merge", context)
    if merging.tell_both(kept=owner, other=other):
        messages.success(request, _("The two accounts are one now. Both addresses were told."))
    else:
        messages.warning(request, _("The two accounts are one now, but not both addresses could be told."))
    return redirect(page_of(owner))


def _sizes(*owners: User) -> list[dict[str, Any]]:
    return [
        {
            "owner": owner,
            "cars": [vehicle.name for vehicle in Vehicle.objects.of(owner.pk)[:20]],
            "last_login": owner.last_login,
        }
        for owner in owners
    ]


def hand_over(request: HttpRequest, vehicle_id: str) -> HttpResponse:
    if not user_of(request).has_perms([rights.HAND_OVER]) or not rights.may_look(request):
        raise PermissionDenied
    vehicle = Vehicle.objects.present().filter(pk=vehicle_id).select_related("owner", "make", "model").first()
    if vehicle is None:
        raise Http404
    form = OtherOwnerForm(request.POST or request.GET or None)
    title = gettext("Hand %(car)s over") % {"car": vehicle.name}
    context = {**staff_context(request, vehicle.owner, title), "form": form, "vehicle": vehicle}
    if not form.is_valid():
        return _ask(request, "hand_over", context)
    to = form.cleaned_data["email"]
    if request.method != "POST":
        return _ask(request, "hand_over", {**context, "to": to})
    if request.POST.get("seen") != str(vehicle.owner_id):
        messages.warning(request, _("Nothing was done: the car has another owner by now."))
        return redirect(page_of(vehicle.owner))
    try:
        handing_over.hand_over(vehicle=vehicle, to=to, by=user_of(request), now=timezone.now())
    except handing_over.CannotBeHandedOver:
        form.add_error("email", _("The car cannot go there: it is theirs already, or the account is closed."))
        return _ask(request, "hand_over", context)
    messages.success(
        request, _("The car is handed over. What was noted about it stays with its former owner.")
    )
    return redirect(page_of(to))
