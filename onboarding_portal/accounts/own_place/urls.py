from django.urls import path

from onboarding_portal.accounts.own_place import address_pages, views

urlpatterns = [
    path("", views.account, name="account"),
    path("address/", address_pages.ask, name="account_address"),
    path("address/codes/", address_pages.codes, name="account_address_codes"),
    path("devices/", views.sign_out, name="account_devices"),
    path("reminders/", views.reminders, name="account_reminders"),
]
