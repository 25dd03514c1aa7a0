"""The page an invitation's link opens."""

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from onboarding_portal.accounts.invitations import proof
from onboarding_portal.accounts.invitations.makes import is_make
from onboarding_portal.accounts.known_browser import remember_browser
from onboarding_portal.accounts.language.in_force import chosen_in_browser, remember_language, speak
from onboarding_portal.accounts.models import Invitation, InvitationState
from onboarding_portal.accounts.sign_in.views import send_code, with_next
from onboarding_portal.languages import spoken


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest, token: str) -> HttpResponseBase:
    """A GET signs nobody in and sends nothing: mail scanners open every link."""
    found = Invitation.objects.with_token(token).first()
    if found is None:
        return render(request, "accounts/invitation_unknown.html", status=404)
    named = "" if chosen_in_browser(request) else spoken(found.language)
    if named and not request.user.is_authenticated:
        speak(request, language=named)
    leads_to = _where_to(found)
    if request.user.is_authenticated and request.user.email == found.email:
        return redirect(leads_to)
    state = found.state(now=timezone.now())
    if state != InvitationState.OPEN:
        context = {"is_accepted": state == InvitationState.ACCEPTED}
        return render(request, "accounts/invitation_closed.html", context, status=410)
    if request.method == "GET":
        proof.note_opened(found, now=timezone.now())
    status, trouble = 200, ""
    if request.method == "POST":
        logout(request)  # the invited person may sit at a computer where somebody else is signed in
        if proof.sign_in(request, found, now=timezone.now()):
            response = redirect(leads_to)
            remember_browser(request, response, email=found.email)
            return response
        status, trouble = send_code(request, found.email)
        if not trouble:
            response = redirect(with_next("account_confirm_login_code", leads_to))
            if named:
                remember_language(response, language=named)  # the pages that follow are in it, too
            return response
    needs_code = not proof.proves(found, now=timezone.now())
    page = {"invitation": found, "trouble": trouble, "needs_code": needs_code}
    return render(request, "accounts/invitation.html", page, status=status)


def _where_to(found: Invitation) -> str:
    """Straight to the make staff know of, if the catalogue still has it."""
    if is_make(found.make_id):
        return reverse("onboarding:make", args=[found.make_id])
    return reverse("onboarding:makes")
