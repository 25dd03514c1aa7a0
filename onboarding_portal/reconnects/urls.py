from django.urls import path

from onboarding_portal.reconnects.mailed.views import unsubscribe
from onboarding_portal.reconnects.owner import views

app_name = "reconnects"

urlpatterns = [
    path("vehicles/<vehicle_id:vehicle_id>/reconnect/", views.start, name="start"),
    path("reconnect/<str:token>/", views.lasting, name="lasting"),
    path("reminders/<str:token>/stop/", unsubscribe, name="unsubscribe"),
]
