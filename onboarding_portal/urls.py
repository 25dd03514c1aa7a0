"""Every page of the portal. The paths are a promise to the outside: e-mails and bookmarks point at them."""

from django.contrib import admin
from django.urls import include, path

from onboarding_portal.accounts.invitations.views import invitation
from onboarding_portal.accounts.language.page import choose
from onboarding_portal.api.events.incoming import ev_energy
from onboarding_portal.api.hand_over.views import leave, open_link
from onboarding_portal.catalogue.views import make_logo
from onboarding_portal.operations.components.views import component_mail, components
from onboarding_portal.operations.security_txt import security_txt
from onboarding_portal.operations.views import home

urlpatterns = [
    path("", home, name="home"),
    path(".well-known/security.txt", security_txt, name="security_txt"),
    path("language/", choose, name="language"),
    path("invite/<str:token>/", invitation, name="invitation"),
    path("accounts/", include("onboarding_portal.accounts.sign_in.urls")),
    path("account/", include("onboarding_portal.accounts.own_place.urls")),
    path("your-data/", include("onboarding_portal.accounts.your_data.urls")),
    path("logos/<slug:digest>.<str:suffix>", make_logo, name="make_logo"),
    path("connect/", include("onboarding_portal.onboarding.urls")),
    path("vehicles/", include("onboarding_portal.vehicles.urls")),
    path("vehicles/", include("onboarding_portal.readiness.urls")),
    path("", include("onboarding_portal.reconnects.urls")),
    path("hand-over/leave/", leave, name="hand_over_leave"),
    path("hand-over/<str:hand_over_token>/", open_link, name="hand_over"),
    path("api/", include("onboarding_portal.api.urls")),
    path("brand/components/", components, name="components"),
    path("brand/components/mail/", component_mail, name="component_mail"),
    path("hooks/ev-energy", ev_energy, name="hook_of_ev_energy"),
    path("admin/", admin.site.urls),
]

handler400 = "onboarding_portal.operations.views.bad_request"
handler403 = "onboarding_portal.operations.views.permission_denied"
handler404 = "onboarding_portal.operations.views.page_not_found"
handler429 = "onboarding_portal.operations.views.too_many_requests"  # asked for by allauth
handler500 = "onboarding_portal.operations.views.server_error"
