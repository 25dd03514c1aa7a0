"""What allauth asks the portal while it signs an owner in."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from onboarding_portal.accounts.mail import send_mail
from onboarding_portal.accounts.models import Invitation, SentMail, User
from onboarding_portal.accounts.sign_in.client_address import client_address
from onboarding_portal.accounts.sign_in.code import new_code


class AccountAdapter(DefaultAccountAdapter):
    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        # allauth's own puts the site's name in, which stems from the Host header.
        send_mail(template=template_prefix, to=email, context=context, is_asked_for=True)

    def generate_login_code(self) -> str:
        return new_code()

    def is_safe_url(self, url: str) -> bool:
        # Only paths of our own: allauth would also allow every host in ALLOWED_HOSTS.
        return url_has_allowed_host_and_scheme(url, allowed_hosts=None)

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_address(request)

    def pre_login(self, request: HttpRequest, user: User, **circumstances: Any) -> HttpResponse | None:
        # A code may be on its way to somebody who is made staff meanwhile. Staff prove more than a mailbox.
        if user.is_staff:
            return self.respond_user_inactive(request, user)
        if user.is_active:
            user.note_first_sign_in(now=timezone.now())
        response: HttpResponse | None = super().pre_login(request, user, **circumstances)
        return response

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        messages.error(request, _("This address can’t be used to sign in."))
        return redirect("account_login")

    def post_login(self, request: HttpRequest, user: User, **circumstances: Any) -> HttpResponse:
        if Invitation.objects.accept(user=user, now=timezone.now()):
            SentMail.objects.note_acceptance(user=user, email=user.email)
        response: HttpResponse = super().post_login(request, user, **circumstances)
        return response
