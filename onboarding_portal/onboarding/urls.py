from django.urls import path

from onboarding_portal.onboarding import views
from onboarding_portal.onboarding.country import country

app_name = "onboarding"

urlpatterns = [
    path("", views.choose_make, name="makes"),
    path("at-ev-energy/", views.leave_the_choice, name="at_ev_energy"),
    path("start/", views.start, name="start"),
    path("preparing/", views.preparing, name="preparing"),
    path("return/<uuid:attempt_id>/", views.arrive, name="return"),
    path("waitlist/", views.waitlist, name="waitlist"),
    path("<str:make_id>/", views.choose_model, name="make"),
    path("<str:make_id>/<str:model_id>/", views.choose_trim, name="model"),
    path("<str:make_id>/<str:model_id>/country/", country, name="country"),
    path("<str:make_id>/<str:model_id>/<str:trim_id>/", views.confirm, name="trim"),
]
