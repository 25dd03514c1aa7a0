from django.urls import path

from onboarding_portal.operations import views

urlpatterns = [path("", views.home, name="home")]
