"""In which language an owner's page is: one way for all pages.

What the signed-in owner has chosen, else what was chosen in this browser (a cookie), else what the browser asks for,
else English. An invitation's page is in the language staff named for it, unless another was chosen. Staff's pages and
the API are English.
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import translation
from django.utils.cache import patch_vary_headers

from onboarding_portal.accounts.models import User
from onboarding_portal.languages import spoken
from onboarding_portal.unreachable import if_reachable

SIGNED_IN_WITH = "language_of_who_signed_in"  # an attribute of the request


def chosen_in_browser(request: HttpRequest) -> str:
    return spoken(request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME))


def choose_language(request: HttpRequest, response: HttpResponse, *, language: str) -> None:
    """From now on pages are in this language here and, for who is signed in, everywhere; "" is the browser's own."""
    if isinstance(request.user, User):
        request.user.language = language
        request.user.save(update_fields=["language"])
    remember_language(response, language=language)


def remember_language(response: HttpResponse, *, language: str) -> None:
    """In this browser alone; "" forgets it."""
    if not language:
        response.delete_cookie(settings.LANGUAGE_COOKIE_NAME, samesite="Lax")
        return
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite="Lax",
    )


def speak(request: HttpRequest, *, language: str) -> None:
    """The rest of this answer is in the language."""
    translation.activate(language)
    request.LANGUAGE_CODE = language


class LanguageMiddleware:
    """Django's LocaleMiddleware with the owner's choice, and without staff's pages."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if _is_english(request):
            language = settings.LANGUAGE_CODE
        else:
            language = chosen_in_browser(request) or translation.get_language_from_request(request)
        with translation.override(language):
            request.LANGUAGE_CODE = language
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", translation.get_language())
        if not _is_english(request):
            patch_vary_headers(response, ("Accept-Language", "Cookie"))
        if signed_in_with := getattr(request, SIGNED_IN_WITH, ""):
            remember_language(response, language=signed_in_with)
        return response

    def process_view(self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any) -> None:
        # Only here is it known who is signed in; a page without a session need not ask the database.
        if _is_english(request) or settings.SESSION_COOKIE_NAME not in request.COOKIES:
            return
        with if_reachable():
            if isinstance(request.user, User) and (chosen := spoken(request.user.language)):
                speak(request, language=chosen)


def _is_english(request: HttpRequest) -> bool:
    return request.path_info.startswith((reverse("admin:index"), "/api/"))


@receiver(user_logged_in)
def _keep_language(sender: type, request: HttpRequest | None, user: User, **_more: Any) -> None:
    """E-mails are in the language the owner last signed in with, unless they have chosen one.

    A choice made in the browser is the owner's, if they had none; theirs is found again in every browser.
    """
    if request is None or user.is_staff:
        return
    setattr(request, SIGNED_IN_WITH, spoken(user.language))
    language = user.language or chosen_in_browser(request)
    seen = translation.get_language()
    if (language, seen) != (user.language, user.seen_language):
        user.language, user.seen_language = language, seen
        user.save(update_fields=["language", "seen_language"])
