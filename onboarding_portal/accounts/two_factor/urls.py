"""Pages of the admin, in its names; they are open to staff who have not given a second factor yet."""

from django.urls import path

from onboarding_portal.accounts.two_factor import own_pages
from onboarding_portal.accounts.two_factor.prove import prove

two_factor_pages = [
    path("login/second-factor/", prove, name="second_factor"),
    path("second-factor/", own_pages.mine, name="two_factor"),
    path("second-factor/app/", own_pages.add_app, name="two_factor_app"),
    path("second-factor/passkey/", own_pages.add_passkey, name="two_factor_passkey"),
    path("second-factor/recovery-codes/", own_pages.new_codes, name="two_factor_codes"),
    path("second-factor/<int:pk>/remove/", own_pages.remove, name="two_factor_remove"),
    path("second-factor/sign-in-again/", own_pages.sign_in_again, name="two_factor_again"),
]
