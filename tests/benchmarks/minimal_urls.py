from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from onboarding_portal.onboarding.models import Attempt

TARGET = "https://api.ev.energy/v2/vehicle_onboarding"


@login_required(login_url="/")
@require_POST
def minimal(request: HttpRequest) -> HttpResponse:
    """Session, user, CSRF and one INSERT."""
    attempt = Attempt.objects.create(owner_id=request.user.pk)
    return HttpResponseRedirect(f"{TARGET}?attempt={attempt.pk}")


@csrf_exempt
def bare(request: HttpRequest) -> HttpResponse:
    return HttpResponseRedirect(TARGET)


urlpatterns = [path("minimal/", minimal), path("bare/", bare)]
