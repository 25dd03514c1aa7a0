"""An owner's own pages: all that is held about them, to read and to take along; and the way to be erased."""

from functools import wraps
from uuid import UUID

from allauth.core import ratelimit
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from onboarding_portal.accounts.erasing import THEMSELVES, erase, read, take_along
from onboarding_portal.accounts.known_browser import forget_browser
from onboarding_portal.accounts.mail import MailNotSent
from onboarding_portal.accounts.models import Erasure, User
from onboarding_portal.accounts.requests import View, owners_own, user_of
from onboarding_portal.accounts.sign_in.code_limits import TooManyCodes
from onboarding_portal.accounts.sign_in.forms import CodeForm
from onboarding_portal.accounts.your_data import fresh_code
from onboarding_portal.accounts.your_data.words import in_words
from onboarding_portal.addresses import readable

REFRESH_SECONDS = 10  # while ev.energy has not said that all cars are gone


def proven(view: View) -> View:
    """Only with a fresh code; who has none is led to where one is asked for."""

    @wraps(view)
    def wrapped(request: HttpRequest) -> HttpResponse:
        return view(request) if fresh_code.is_proven(request) else redirect("your_data")

    return owners_own(wrapped)


@owners_own
@require_http_methods(["GET", "HEAD", "POST"])
def start(request: HttpRequest) -> HttpResponse:
    """Says what there is; pressing the button has a code mailed."""
    owner = user_of(request)
    if request.method == "POST":
        if not (trouble := _send_code(request, owner)):
            return redirect("your_data_code")
        messages.error(request, trouble)
        return redirect("your_data")
    context = {"is_proven": fresh_code.is_proven(request), "email": readable(owner.email)}
    return render(request, "accounts/your_data/start.html", context)


@owners_own
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    owner = user_of(request)
    if not fresh_code.is_awaited(request):
        return redirect("your_data")
    form = CodeForm(request.POST if request.method == "POST" else None, label_suffix="")
    if form.is_valid():
        try:
            fresh_code.enter(request=request, owner=owner, code=form.cleaned_data["code"])
        except fresh_code.WrongCode:
            form.add_error("code", _("That is not the code in the latest e-mail. Please check it."))
        except fresh_code.NoCode:
            messages.error(request, _("The code was wrong too often. Ask for a new one to go on."))
            return redirect("your_data")
        else:
            return redirect("your_data")
    return render(request, "accounts/your_data/code.html", {"form": form, "email": readable(owner.email)})


@proven
@require_safe
def to_read(request: HttpRequest) -> HttpResponse:
    held = in_words(read(owner=user_of(request)), to_owner=True)
    return render(request, "accounts/your_data/read.html", {"held": held})


@proven
@require_safe
def as_json(request: HttpRequest) -> HttpResponse:
    if not ratelimit.consume(request, action="export_own_data", key=str(user_of(request).pk)):
        return render(request, "errors/429.html", status=429)
    held = take_along(owner=user_of(request), by=THEMSELVES, now=timezone.now())
    return JsonResponse(
        held,
        json_dumps_params={"indent": 1, "ensure_ascii": False},
        headers={"Content-Disposition": 'attachment; filename="your-data.json"'},
    )


@proven
@require_http_methods(["GET", "HEAD", "POST"])
def erasing(request: HttpRequest) -> HttpResponse:
    """Asks first, and for ev.energy separately; whoever chooses neither has chosen nothing."""
    owner, choice = user_of(request), request.POST.get("where", "")
    if request.method == "POST" and choice in {"here", "everywhere"}:
        try:
            erasure = erase(
                owner=owner, by=THEMSELVES, at_ev_energy=choice == "everywhere", now=timezone.now()
            )
        except User.DoesNotExist:  # in another tab, a moment ago
            erasure = None
        logout(request)
        response = redirect("your_data_erased", erasure.pk) if erasure else redirect("home")
        forget_browser(request, response, email=owner.email)
        return response
    was_sent = request.method == "POST"
    status = 400 if was_sent else 200
    return render(request, "accounts/your_data/erase.html", {"was_sent": was_sent}, status=status)


@never_cache
@require_safe
def erased(request: HttpRequest, erasure_id: UUID) -> HttpResponse:
    """What came of it, for whoever has the link: it says nothing of who it was."""
    erasure = get_object_or_404(Erasure, pk=erasure_id)
    is_waiting = erasure.cars.filter(ended_at=None).exists()
    context = {"erasure": erasure, "refresh_seconds": REFRESH_SECONDS if is_waiting else None}
    return render(request, "accounts/your_data/erased.html", context)


def _send_code(request: HttpRequest, owner: User) -> str:
    """Returns what went wrong, in words, "" if nothing did."""
    try:
        fresh_code.send(request=request, owner=owner)
    except TooManyCodes:
        return _("Too many codes were asked for. Please try again in 15 minutes.")
    except MailNotSent:
        return _("The e-mail could not be sent just now. Please try again in a few minutes.")
    return ""
