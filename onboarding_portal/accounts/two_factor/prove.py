"""The second step of staff's sign-in, after the password."""

import json

from allauth.core import ratelimit
from django.contrib import admin
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from onboarding_portal.accounts.known_browser import known_browser, remember_browser
from onboarding_portal.accounts.models import FactorKind, User
from onboarding_portal.accounts.two_factor import app_codes, passkeys, pending, proof, recovery_codes
from onboarding_portal.accounts.two_factor.forms import CodeForm
from onboarding_portal.accounts.two_factor.notices import tell

PASSKEY_STATE = "passkey_to_prove"
CODE_USED = gettext_lazy("A recovery code of yours was used to sign in. %d are left.")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def prove(request: HttpRequest) -> HttpResponse:
    awaited = pending.whose(request.session)
    if awaited is None:
        return redirect("admin:login")
    user, backend, next_url = awaited
    form = CodeForm(request.POST if request.method == "POST" else None, label_suffix="")
    if request.method == "POST":
        if not _may_try(request, user):
            return render(request, "errors/429.html", status=429)
        if _is_proven(request, user, form):
            return _sign_in(request, user, backend, next_url)
    return _page(request, user, form)


def _may_try(request: HttpRequest, user: User) -> bool:
    """Whoever has the password tries a few codes only; they do not use up those of the right person's browser."""
    if own := known_browser(request, email=user.email):
        return bool(ratelimit.consume(request, action="second_factor_in_known_browser", key=own))
    return bool(ratelimit.consume(request, action="second_factor", key=str(user.pk)))


def _is_proven(request: HttpRequest, user: User, form: CodeForm) -> bool:
    if answer := request.POST.get("passkey"):
        state = request.session.pop(PASSKEY_STATE, None)
        try:
            passkeys.accept(user=user, state=state, answer=answer, now=timezone.now())
        except passkeys.NotProven:
            form.errors.clear()
            form.add_error(None, _("That passkey did not work. Try again, or use a code."))
            return False
        return True
    if not form.is_valid():
        return False
    code = form.cleaned_data["code"]
    if code.isdigit():
        is_right = app_codes.accept(user=user, code=code, now=timezone.now())
    elif is_right := recovery_codes.accept(user=user, code=code):
        tell(user=user, what=CODE_USED % recovery_codes.left(user=user))
    if not is_right:
        form.add_error("code", _("That code is wrong, too old, or was used before."))
    return is_right


def _sign_in(request: HttpRequest, user: User, backend: str, next_url: str) -> HttpResponse:
    pending.end(request.session)
    login(request, user, backend=backend)
    proof.note(request.session)
    response = redirect(next_url)
    remember_browser(request, response, email=user.email)
    return response


def _page(request: HttpRequest, user: User, form: CodeForm) -> HttpResponse:
    options = ""
    if user.second_factors.filter(kind=FactorKind.PASSKEY).exists():
        given, request.session[PASSKEY_STATE] = passkeys.begin_proving(user=user)
        options = json.dumps(given)
    context = {
        **admin.site.each_context(request),
        "title": _("One more step"),
        "form": form,
        "options": options,
        "has_app": user.second_factors.filter(kind=FactorKind.APP).exists(),
    }
    return render(request, "admin/two_factor/prove.html", context)
