"""The portal's pages and one that crashes, quoting what must not be logged."""

from typing import NoReturn

from django.http import HttpRequest
from django.urls import path

from onboarding_portal import urls
from onboarding_portal.urls import handler500

__all__ = ["handler500", "urlpatterns"]


def crash(request: HttpRequest) -> NoReturn:
    raise ZeroDivisionError("of anna@example.com")


urlpatterns = [*urls.urlpatterns, path("crash/", crash)]
