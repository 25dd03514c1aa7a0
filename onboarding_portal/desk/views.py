"""An owner's page and its forms. Each form leads back to the page it was sent from: the owner's or a car's."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from onboarding_portal.accounts.mail import MailNotSent
from onboarding_portal.accounts.models import User
from onboarding_portal.accounts.requests import user_of
from onboarding_portal.desk import acts, rights
from onboarding_portal.desk.forms import ByHandForm, NoteForm, ReasonForm, first_trouble
from onboarding_portal.desk.owner_page import owner_page
from onboarding_portal.desk.rights import about_owner
from onboarding_portal.reconnects.models import BatchKind
from onboarding_portal.reconnects.staff.permissions import may_ask_for
from onboarding_portal.vehicles.cause_words import Text as Words
from onboarding_portal.vehicles.models import ByHand

Act = Callable[..., None]


def page_of(owner: User) -> str:
    return reverse("admin:accounts_user_owner", args=[owner.pk])


def staff_context(request: HttpRequest, owner: User, title: Words) -> dict[str, Any]:
    """What every page about an owner shows around its content."""
    return {
        **admin.site.each_context(request),
        "title": title,
        "opts": User._meta,
        "owner": owner,
        "sections": {name: user_of(request).has_perm(right) for name, right in rights.SECTIONS.items()},
    }


@about_owner()
def owner(request: HttpRequest, owner: User) -> HttpResponse:
    if request.method not in {"GET", "HEAD"}:
        return HttpResponseNotAllowed(["GET", "HEAD"])
    page = owner_page(owner=owner, whole=request.GET.get("all", ""), now=timezone.now())
    context = {
        **staff_context(request, owner, owner.name or owner.email),
        "page": page,
        "colleagues": User.objects.colleagues().order_by("name", "email"),
        "may_mail_links": may_ask_for(BatchKind.EMAILS, request),
        "may_make_links": may_ask_for(BatchKind.LINKS, request),
    }
    return TemplateResponse(request, "admin/desk/owner.html", context)


@about_owner(rights.WRITE_NOTES)
def note(request: HttpRequest, owner: User) -> HttpResponse:
    form = NoteForm(request.POST, owner=owner)
    return _done(request, owner, form, acts.write_note, _("The note is stored."), owner=owner)


@about_owner(rights.ASSIGN)
def by_hand(request: HttpRequest, owner: User) -> HttpResponse:
    form = ByHandForm(request.POST, owner=owner)
    said = _("Batches, reminders and the portal itself leave it alone now.")
    return _done(request, owner, form, acts.handle_by_hand, said, owner=owner)


@about_owner(rights.END)
def end_by_hand(request: HttpRequest, owner: User) -> HttpResponse:
    rows = ByHand.objects.filter(owner=owner).select_related("owner", "vehicle")
    row = (
        rows.filter(pk=request.POST.get("row", "")).first()
        if request.POST.get("row", "").isdecimal()
        else None
    )
    if row is None:
        messages.error(request, _("This is not, or no longer, handled by hand."))
        return _back(request, owner)
    said = _("It is handled like all others again.")
    return _done(request, owner, None, acts.end_by_hand, said, row=row)


@about_owner(rights.PAUSE)
def pause(request: HttpRequest, owner: User) -> HttpResponse:
    said = _("All mail to the owner is paused. Codes they ask for themselves still go out.")
    return _done(request, owner, ReasonForm(request.POST), acts.pause_mail, said, owner=owner)


@about_owner(rights.PAUSE)
def resume(request: HttpRequest, owner: User) -> HttpResponse:
    return _done(request, owner, None, acts.resume_mail, _("The owner gets mail again."), owner=owner)


@about_owner(rights.SIGN_OUT)
def sign_out(request: HttpRequest, owner: User) -> HttpResponse:
    if request.method == "POST":
        acts.end_sessions(owner=owner, by=user_of(request))
        messages.success(request, _("The owner is signed out everywhere."))
    return _back(request, owner)


@about_owner(rights.SEND_LINK)
def send_link(request: HttpRequest, owner: User) -> HttpResponse:
    said = _("A link to sign in is on its way.")
    return _done(request, owner, None, acts.mail_sign_in_link, said, owner=owner)


TROUBLES: dict[type[Exception], Words] = {
    acts.AlreadyDone: _("That was done already."),
    acts.MayNotBeMailed: _("This owner gets no mail: the account is switched off, or all mail is paused."),
    MailNotSent: _("The mail server did not take it. What it said is among the mails below."),
}


def _done(
    request: HttpRequest,
    page_owner: User,
    form: forms.Form | None,
    act: Act,
    said: Words,
    /,
    **about: Any,
) -> HttpResponse:
    """Carries out the act if the form is right, says what came of it, and leads back."""
    if request.method != "POST":
        return _back(request, page_owner)
    if form is not None and not form.is_valid():
        messages.error(request, first_trouble(form))
        return _back(request, page_owner)
    values = _arguments(form.cleaned_data) if form is not None else {}
    try:
        act(**about, **values, by=user_of(request), now=timezone.now())
    except tuple(TROUBLES) as trouble:
        messages.warning(request, str(TROUBLES[type(trouble)]))
    else:
        messages.success(request, str(said))
    return _back(request, page_owner)


def _arguments(data: dict[str, Any]) -> dict[str, Any]:
    """As the acts name them."""
    return {"to" if name == "colleague" else name: value for name, value in data.items()}


def _back(request: HttpRequest, owner: User) -> HttpResponse:
    """To the car's page if the form was sent from there, else to the owner's."""
    vehicle_id = request.POST.get("from_car", "")
    if vehicle_id and owner.vehicles.filter(pk=vehicle_id).exists():
        return redirect("admin:vehicles_vehicle_change", vehicle_id)
    return redirect(page_of(owner))
