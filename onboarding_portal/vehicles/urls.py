from django.urls import path, register_converter

from onboarding_portal.vehicles import views
from onboarding_portal.vehicles.car_page import history_page, letting_go
from onboarding_portal.vehicles.converters import VehicleIdConverter

register_converter(VehicleIdConverter, "vehicle_id")

app_name = "vehicles"

urlpatterns = [
    path("", views.vehicle_list, name="list"),
    path("<vehicle_id:vehicle_id>/", views.vehicle_detail, name="detail"),
    path("<vehicle_id:vehicle_id>/name/", views.name_vehicle, name="name"),
    path("<vehicle_id:vehicle_id>/history/", history_page.history, name="history"),
    path("<vehicle_id:vehicle_id>/disconnect/", letting_go.disconnect, name="disconnect"),
    path("<vehicle_id:vehicle_id>/remove/", letting_go.remove, name="remove"),
]
