"""allauth's names, so that it finds its way, but none of its pages beyond signing in with a code."""

from django.urls import path

from onboarding_portal.accounts.sign_in import views

urlpatterns = [
    path("login/", views.sign_in, name="account_login"),
    path("login/", views.sign_in, name="account_request_login_code"),
    path("login/code/", views.enter_code, name="account_confirm_login_code"),
    path("logout/", views.sign_out, name="account_logout"),
]
