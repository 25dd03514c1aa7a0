"""What allauth needs in its database; only its own settings have these models."""

from allauth.socialaccount.models import SocialApp


def add_provider() -> None:
    SocialApp.objects.create(provider="google", name="Google", client_id="benchmark", secret="benchmark")
