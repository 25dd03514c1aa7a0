"""The page that stops reminders."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from onboarding_portal.reconnects.mailed.secret_pages import secret_page
from onboarding_portal.reconnects.mailed.unsubscribe import UnknownToken, owner_of_token, stop_reminders


# Mail programs send the one POST of RFC 8058 by themselves, without a session: the token is the right.
@csrf_exempt
@secret_page
@require_http_methods(["GET", "HEAD", "POST"])
def unsubscribe(request: HttpRequest, token: str) -> HttpResponse:
    try:
        owner = owner_of_token(token=token)
    except UnknownToken:
        return render(request, "reconnects/unsubscribe_unknown.html", status=404)
    if request.method != "POST":
        return render(request, "reconnects/unsubscribe.html", {"is_wanted": owner.wants_reminders})
    stop_reminders(owner=owner)
    return render(request, "reconnects/unsubscribed.html")
