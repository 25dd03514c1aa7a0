from django.urls import path

from onboarding_portal.reconnects.helper import pages as helper
from onboarding_portal.reconnects.mailed.views import unsubscribe
from onboarding_portal.reconnects.owner import views

app_name = "reconnects"

urlpatterns = [
    path("vehicles/<vehicle_id:vehicle_id>/reconnect/", views.leave_by_button, name="start"),
    path("vehicles/<vehicle_id:vehicle_id>/helper/", helper.ask, name="ask_helper"),
    path("vehicles/<vehicle_id:vehicle_id>/helper/<int:helper_id>/end/", helper.end, name="end_helper"),
    path("help/<str:helper_token>/", helper.help_by_link, name="helper"),
    path("return/", views.come_back, name="return"),
    path("reconnect/<str:token>/", views.leave_by_link, name="lasting"),
    path("reminders/<str:token>/stop/", unsubscribe, name="unsubscribe"),
]
