"""Every page of the portal. The paths are a promise to the outside: e-mails and bookmarks point at them."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("", include("onboarding_portal.operations.urls")),
    path("accounts/", include("onboarding_portal.accounts.urls")),
    path("connect/", include("onboarding_portal.onboarding.urls")),
    path("vehicles/", include("onboarding_portal.vehicles.urls")),
    path("admin/", admin.site.urls),
]
