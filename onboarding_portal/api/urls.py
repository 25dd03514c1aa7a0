from django.urls import path

from onboarding_portal.api.description import docs, openapi
from onboarding_portal.api.v1 import api

urlpatterns = [
    path("v1/openapi.json", openapi, name="api_description"),
    path("v1/docs/", docs, name="api_docs"),
    path("v1/", api.urls),
]
