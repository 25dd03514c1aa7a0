from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "onboarding_portal.accounts"
    label = "accounts"
