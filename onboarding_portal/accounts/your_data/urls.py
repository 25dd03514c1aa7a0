from django.urls import path

from onboarding_portal.accounts.your_data import views

urlpatterns = [
    path("", views.start, name="your_data"),
    path("code/", views.code, name="your_data_code"),
    path("read/", views.to_read, name="your_data_read"),
    path("your-data.json", views.as_json, name="your_data_json"),
    path("erase/", views.erasing, name="your_data_erase"),
    path("erased/<uuid:erasure_id>/", views.erased, name="your_data_erased"),
]
