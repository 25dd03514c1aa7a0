"""How many codes may be asked for. The numbers are in `sign_in_settings.py`.

An address alone must not be what counts: anybody may type it, and its owner would be locked out. So strangers are
counted by address and network together, the address alone has a higher limit for the mailbox's sake, and whoever
signed in here before, or holds a code, has a number of their own.
"""

from django.http import HttpRequest

from onboarding_portal.accounts.known_browser import known_browser
from onboarding_portal.accounts.sign_in.client_address import client_network
from onboarding_portal.accounts.sign_in.counting import consume


class TooManyCodes(Exception):
    """This browser, network or mailbox has had as many codes as it may have for now."""


def count_code(request: HttpRequest, *, email: str) -> None:
    """Counts a code that is to be mailed. Raises TooManyCodes."""
    if own := known_browser(request, email=email):
        _consume(request, "request_login_code_in_known_browser", own)
        return
    _consume(request, "request_login_code", f"{email} {client_network(request)}")
    _consume(request, "request_login_code_from_anywhere", email)


def count_resent_code(request: HttpRequest, *, email: str) -> None:
    """The same for another code in place of one this browser holds, which it gets whatever strangers did."""
    try:
        count_code(request, email=email)
    except TooManyCodes:
        _consume(request, "resend_login_code", f"{email} {request.session.session_key}")


def _consume(request: HttpRequest, action: str, key: str) -> None:
    if not consume(request, action=action, key=key):
        raise TooManyCodes
