"""From where staff signed in, for the list of their sessions."""

from typing import Any

from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest

from onboarding_portal.accounts.sessions import note_whence
from onboarding_portal.accounts.sign_in.client_address import client_address

LONGEST = 200


@receiver(user_logged_in)
def _note(sender: type, request: HttpRequest | None, user: Any, **_more: Any) -> None:
    if request is not None and user.is_staff:
        browser = request.headers.get("User-Agent", "")[:LONGEST]
        note_whence(request.session, network=client_address(request), browser=browser)
