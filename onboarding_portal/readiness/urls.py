from django.urls import path

from onboarding_portal.readiness.owner import views

app_name = "readiness"

CAR = "<vehicle_id:vehicle_id>/ready/"
urlpatterns = [
    path(CAR, views.ready, name="ready"),
    path(f"{CAR}address/", views.address, name="address"),
    path(f"{CAR}tariff/", views.tariff, name="tariff"),
    path(f"{CAR}tariff/<str:supplier_id>/", views.tariff_of, name="tariff_of"),
    path(f"{CAR}switch/", views.switch, name="switch"),
]
