from django.urls import path

from onboarding_portal.accounts.own_place import views

urlpatterns = [
    path("", views.account, name="account"),
    path("reminders/", views.reminders, name="account_reminders"),
]
