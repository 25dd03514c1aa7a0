from importlib import import_module

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class AccountsConfig(AppConfig):
    name = "onboarding_portal.accounts"
    label = "accounts"

    def ready(self) -> None:
        import_module("onboarding_portal.accounts.sign_in.whence")  # listens
        autodiscover_modules("personal_data")  # each room says what it holds about a person
