from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.views.decorators.http import require_safe

from onboarding_portal.api.v1 import api


@require_safe
def description(request: HttpRequest) -> HttpResponse:
    """OpenAPI 3.1."""
    return JsonResponse(api.get_openapi_schema())


urlpatterns = [
    path("v1/openapi.json", description, name="api_description"),
    path("v1/", api.urls),
]
