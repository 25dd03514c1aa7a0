from importlib import import_module

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "onboarding_portal.accounts"
    label = "accounts"

    def ready(self) -> None:
        import_module("onboarding_portal.accounts.sign_in.whence")  # listens
