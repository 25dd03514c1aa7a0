"""Choosing a language. Each page has the form at its end; by itself it is a page, too."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_http_methods

from onboarding_portal.accounts.language.in_force import choose_language
from onboarding_portal.languages import name_of


@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: HttpRequest) -> HttpResponse:
    """Leads back to the page the form was on, which is a path of ours."""
    language = request.POST.get("language", "")
    next_url = request.POST.get("next", "")
    # Paths alone: Django would also take every host in ALLOWED_HOSTS.
    if not url_has_allowed_host_and_scheme(next_url, allowed_hosts=None):
        next_url = reverse("home")
    if not name_of(language):
        context = {"next_after_language": next_url}
        return render(request, "accounts/language.html", context, status=400 if request.POST else 200)
    response = redirect(next_url)
    choose_language(request, response, language=language)
    return response
