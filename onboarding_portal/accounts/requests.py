"""The person behind a request, typed; and what becomes of a form that was sent without one."""

from collections.abc import Callable
from functools import wraps

from django.contrib.auth.decorators import login_required
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.cache import never_cache

from onboarding_portal.accounts.models import User


def user_of(request: HttpRequest) -> User:
    """Returns who is signed in, owner or staff. Raises PermissionDenied where nobody is; views see to that before."""
    if not isinstance(request.user, User):
        raise PermissionDenied
    return request.user


View = Callable[[HttpRequest], HttpResponse]


def owners_own(view: View) -> View:
    """For owners who are signed in. Staff have no account of this kind."""

    @wraps(view)
    def wrapped(request: HttpRequest) -> HttpResponse:
        if user_of(request).is_staff:
            raise PermissionDenied
        return view(request)

    return never_cache(login_required(wrapped))


def takes_form_of(page_of: Callable[[HttpRequest], str]) -> Callable[[View], View]:
    """For an address that only takes a form: all else leads to the page that holds the form, by way of signing in.

    `login_required` alone would send whoever was signed out meanwhile back to an address that cannot be opened.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapped(request: HttpRequest) -> HttpResponse:
            if not request.user.is_authenticated:
                return redirect_to_login(page_of(request))
            return view(request) if request.method == "POST" else redirect(page_of(request))

        return wrapped

    return decorate
