"""Where staff see and change what they sign in with."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any

import segno
from allauth.core import ratelimit
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.auth import logout, update_session_auth_hash
from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from onboarding_portal.accounts.audit import Act, about, record
from onboarding_portal.accounts.models import FactorKind
from onboarding_portal.accounts.requests import user_of
from onboarding_portal.accounts.two_factor import app_codes, passkeys, proof, recovery_codes
from onboarding_portal.accounts.two_factor.forms import CodeForm, PasskeyForm
from onboarding_portal.accounts.two_factor.notices import tell
from onboarding_portal.accounts.two_factor.sealing import CannotBeOpened, seal, unseal

APP_SECRET, PASSKEY_STATE = "app_to_add", "passkey_to_add"
ADDED = gettext_lazy("A second factor was added to your sign-in.")
REMOVED = gettext_lazy("A second factor was removed from your sign-in.")
NEW_CODES = gettext_lazy("New recovery codes were made for your sign-in. The old ones are dead.")

View = Callable[..., HttpResponse]


def of_staff(view: View) -> View:
    """For staff, also those who have to set a second factor up before all else."""

    @never_cache
    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if settings.STAFF_TWO_FACTOR == "off":
            raise Http404
        if not admin.site.is_signed_in(request):  # type: ignore[attr-defined]  # the site is ours
            return redirect_to_login(reverse("admin:two_factor"), reverse("admin:login"))
        return view(request, *args, **kwargs)

    return wrapped


def freshly(view: View) -> View:
    """For those who signed in a moment ago: an open browser may have been found."""

    @of_staff
    @wraps(view)
    def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not proof.is_fresh(request.session, now=timezone.now()):
            return redirect("admin:two_factor")
        whose = str(user_of(request).pk)
        if not ratelimit.consume(request, action="change_second_factor", key=whose):  # counts no GET
            return render(request, "errors/429.html", status=429)
        return view(request, *args, **kwargs)

    return wrapped


@of_staff
def mine(request: HttpRequest) -> HttpResponse:
    user = user_of(request)
    rows = list(user.second_factors.that_count().order_by("pk"))
    return _page(
        request,
        "mine",
        title=_("Second factor"),
        rows=rows,
        has_app=any(row.kind == FactorKind.APP for row in rows),
        codes_left=recovery_codes.left(user=user),
        is_fresh=proof.is_fresh(request.session, now=timezone.now()),
        is_required=settings.STAFF_TWO_FACTOR == "required",
    )


@require_POST
@of_staff
def sign_in_again(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect_to_login(reverse("admin:two_factor"), reverse("admin:login"))


@require_http_methods(["GET", "HEAD", "POST"])
@freshly
def add_app(request: HttpRequest) -> HttpResponse:
    user, now = user_of(request), timezone.now()
    form = CodeForm(request.POST if request.method == "POST" else None, label_suffix="")
    secret = _secret(request)
    if form.is_valid():
        step = app_codes.step_of(secret=secret, code=form.cleaned_data["code"], now=now)
        if step is not None:
            del request.session[APP_SECRET]
            return _added(request, lambda: app_codes.add(user=user, secret=secret, step=step, now=now))
        form.add_error("code", _("That is not the code the app shows now."))
    address = app_codes.address_for_app(secret=secret, user=user)
    picture = segno.make_qr(address, error="m").svg_data_uri(
        border=4, dark="#000", light="#fff", omitsize=True
    )
    spelt = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
    return _page(
        request, "add_app", title=_("Add an authenticator app"), form=form, picture=picture, secret=spelt
    )


@require_http_methods(["GET", "HEAD", "POST"])
@freshly
def add_passkey(request: HttpRequest) -> HttpResponse:
    user, now = user_of(request), timezone.now()
    form = PasskeyForm(request.POST if request.method == "POST" else None, label_suffix="")
    if form.is_valid():
        name, answer = form.cleaned_data["name"], request.POST.get("passkey", "")
        state = request.session.pop(PASSKEY_STATE, None)
        try:
            return _added(
                request, lambda: passkeys.add(user=user, state=state, answer=answer, name=name, now=now)
            )
        except passkeys.NotProven:
            form.add_error(None, _("The browser gave no passkey. Try again."))
    options, request.session[PASSKEY_STATE] = passkeys.begin_adding(user=user)
    return _page(request, "add_passkey", title=_("Add a passkey"), form=form, options=json.dumps(options))


@require_POST
@freshly
def new_codes(request: HttpRequest) -> HttpResponse:
    user = user_of(request)
    if not user.second_factors.that_count().exists():
        return redirect("admin:two_factor")
    with transaction.atomic():
        codes = recovery_codes.make(user=user, now=timezone.now())
        record(act=Act.RECOVERY_CODES_MADE, actor=user, about=about(user))
    tell(user=user, what=NEW_CODES)
    return _page(request, "codes", title=_("Your recovery codes"), codes=codes)


@require_POST
@freshly
def remove(request: HttpRequest, pk: int) -> HttpResponse:
    user = user_of(request)
    row = get_object_or_404(user.second_factors.that_count(), pk=pk)
    others = user.second_factors.that_count().exclude(pk=pk)
    if settings.STAFF_TWO_FACTOR == "required" and not others.exists():
        messages.error(request, _("A second factor is required: add another one before you remove this one."))
        return redirect("admin:two_factor")
    with transaction.atomic():
        row.delete()
        if not user.second_factors.that_count().exists():
            user.second_factors.all().delete()
        record(act=Act.SECOND_FACTOR_REMOVED, actor=user, about=about(user))
    tell(user=user, what=REMOVED)
    messages.success(request, _("It is removed."))
    return redirect("admin:two_factor")


def _secret(request: HttpRequest) -> str:
    """The secret of the app that is being added, sealed in the session until its first code is typed."""
    try:
        return unseal(request.session[APP_SECRET])
    except (KeyError, CannotBeOpened):
        secret = app_codes.new_secret()
        request.session[APP_SECRET] = seal(secret)
        return secret


def _added(request: HttpRequest, add: Callable[[], object]) -> HttpResponse:
    """The first factor ends all other sessions, which were opened without one, and brings recovery codes."""
    user = user_of(request)
    with transaction.atomic():
        is_first = not user.second_factors.that_count().exists()
        add()
        codes = recovery_codes.make(user=user, now=timezone.now()) if is_first else []
        if is_first:
            user.end_sessions()
        record(act=Act.SECOND_FACTOR_ADDED, actor=user, about=about(user))
    if is_first:
        update_session_auth_hash(request, user)
    proof.note(request.session)
    tell(user=user, what=ADDED)
    if codes:
        return _page(request, "codes", title=_("Your recovery codes"), codes=codes)
    messages.success(request, _("It is added."))
    return redirect("admin:two_factor")


def _page(request: HttpRequest, name: str, **more: Any) -> HttpResponse:
    context = {**admin.site.each_context(request), **more}
    return render(request, f"admin/two_factor/{name}.html", context)
