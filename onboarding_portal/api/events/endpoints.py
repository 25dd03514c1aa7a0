"""Making an endpoint."""

from django.db import transaction

from onboarding_portal.accounts.two_factor.sealing import seal
from onboarding_portal.api.events.models import LANES, Endpoint, Lane
from onboarding_portal.api.events.models.endpoint import new_secret


def make_endpoint(*, name: str, url: str) -> tuple[Endpoint, str]:
    """Returns the new endpoint and its secret, which nobody can be shown again. `url` was checked by the form."""
    endpoint = Endpoint(name=name, url=url)
    return endpoint, set_up(endpoint)


def set_up(endpoint: Endpoint) -> str:
    """Stores a new row with its lanes and its secret, and returns that."""
    secret = new_secret()
    endpoint.sealed_secret = seal(secret)
    with transaction.atomic():
        endpoint.save()
        Lane.objects.bulk_create([Lane(endpoint=endpoint, number=number) for number in range(LANES)])
    return secret
