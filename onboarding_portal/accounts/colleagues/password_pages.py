"""Staff set a password by a mailed link: the first one, or another for one they forgot. Owners have none."""

import uuid

from allauth.core import ratelimit
from django.contrib import admin, messages
from django.contrib.auth.forms import SetPasswordForm
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from onboarding_portal.accounts.audit import Act, about, record
from onboarding_portal.accounts.colleagues import mailed_link
from onboarding_portal.accounts.colleagues.forms import ForgottenForm
from onboarding_portal.accounts.known_browser import known_browser
from onboarding_portal.accounts.mail import MailNotSent, send_mail
from onboarding_portal.accounts.models import StaffSession, User
from onboarding_portal.accounts.sign_in.client_address import client_network
from onboarding_portal.accounts.two_factor.notices import tell

CHANGED = gettext_lazy("Your password was set, and you were signed out everywhere.")


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def forgotten(request: HttpRequest) -> HttpResponse:
    form = ForgottenForm(request.POST if request.method == "POST" else None, label_suffix="")
    if not form.is_valid():
        return _page(request, "forgotten", title=_("Forgotten password"), form=form)
    email = form.cleaned_data["email"]
    if not _may_ask(request, email):
        return render(request, "errors/429.html", status=429)
    try:
        _mail(email)
    except MailNotSent:
        form.add_error(None, _("The e-mail could not be sent just now. Please try again in a few minutes."))
        return _page(request, "forgotten", status=503, title=_("Forgotten password"), form=form)
    return _page(request, "forgotten_sent", title=_("Look into your mailbox"), email=email)


def _may_ask(request: HttpRequest, email: str) -> bool:
    """As for owners' codes: strangers count by address and network, the mailbox by itself, a known browser apart."""
    if own := known_browser(request, email=email):
        return bool(ratelimit.consume(request, action="forgotten_password_in_known_browser", key=own))
    strangers = f"{email} {client_network(request)}"
    return bool(
        ratelimit.consume(request, action="forgotten_password", key=strangers)
        and ratelimit.consume(request, action="forgotten_password_from_anywhere", key=email)
    )


def _mail(email: str) -> None:
    """One message in every case, so that neither the page nor the time it takes tells who works here."""
    user = User.objects.with_email(email).filter(is_staff=True, is_active=True).first()
    if user is None or (not user.has_usable_password() and hasattr(user, "staff_identity")):
        send_mail(template="accounts/email/no_password", to=email, context={})
        return
    url = mailed_link.make(user=user, purpose=mailed_link.Purpose.FORGOTTEN)
    send_mail(template="accounts/email/password_link", to=user.email, context={"url": url}, owner=user)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def set_password(request: HttpRequest, token: str) -> HttpResponse:
    """GET changes nothing: mail scanners open every link."""
    user = mailed_link.whose(token)
    if user is None:
        return _page(request, "link_over", status=410, title=_("This link is over"))
    if request.method != "POST":
        return _page(
            request, "set_password", title=_("Set your password"), form=SetPasswordForm(user), user=user
        )
    if not ratelimit.consume(request, action="set_password", key=str(user.pk)):
        return render(request, "errors/429.html", status=429)
    form = SetPasswordForm(user, request.POST)
    if not form.is_valid():
        return _page(request, "set_password", title=_("Set your password"), form=form, user=user)
    if not _store(user, form):
        return _page(request, "link_over", status=410, title=_("This link is over"))
    tell(user=user, what=CHANGED)
    messages.success(request, _("Your password is set. Sign in with it."))
    return redirect("admin:login")


def _store(user: User, form: "SetPasswordForm[User]") -> bool:
    """False if the link was used meanwhile, by the same form sent twice or by somebody else."""
    former = user.password
    form.save(commit=False)  # the hash, which takes a while, outside of the transaction
    with transaction.atomic():
        unchanged = User.objects.filter(pk=user.pk, password=former, is_active=True, is_staff=True)
        if not unchanged.update(password=user.password, session_nonce=uuid.uuid4()):
            return False
        StaffSession.objects.filter(user=user).end()
        record(act=Act.PASSWORD_SET, actor=user, about=about(user))
    return True


def _page(request: HttpRequest, name: str, *, status: int = 200, **context: object) -> HttpResponse:
    everything = {**admin.site.each_context(request), **context}
    return render(request, f"admin/colleagues/{name}.html", everything, status=status)
