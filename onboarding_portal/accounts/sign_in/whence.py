"""With which browser somebody signed in, and staff from where, for the lists of their sessions."""

from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from onboarding_portal.accounts.sessions import note_owners_device, note_whence
from onboarding_portal.accounts.sign_in.client_address import client_address

LONGEST = 200


@receiver(user_logged_in)
def _note(sender: type, request: HttpRequest | None, user: Any, **_more: Any) -> None:
    if request is None or not hasattr(request, "session"):
        return
    browser = request.headers.get("User-Agent", "")[:LONGEST]
    if user.is_staff:
        note_whence(request.session, network=client_address(request), browser=browser)
    else:
        note_owners_device(request.session, browser=browser, now=timezone.now())
