"""Why a stale vehicle sends nothing. Which texts tell it is in `signs`, what it means to people in `cause_words`.

A new cause is a row here and there, and a migration for the column's choices.
"""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Cause(TextChoices):
    """From the most telling to the least: where a log shows signs of two, the first counts."""

    KEY_NOT_PAIRED = "KEY_NOT_PAIRED", _("Key not paired with the car")
    TWO_FACTOR_NEEDED = "TWO_FACTOR_NEEDED", _("Two-factor sign-in needed")
    ACCOUNT_LOCKED = "ACCOUNT_LOCKED", _("Account locked or password changed")
    TERMS_TO_ACCEPT = "TERMS_TO_ACCEPT", _("New terms to accept")
    SUBSCRIPTION_LAPSED = "SUBSCRIPTION_LAPSED", _("Subscription lapsed")
    REGION_NOT_SUPPORTED = "REGION_NOT_SUPPORTED", _("Region not supported")
    VEHICLE_NOT_IN_ACCOUNT = "VEHICLE_NOT_IN_ACCOUNT", _("Car no longer in this account")
    PERMISSIONS_MISSING = "PERMISSIONS_MISSING", _("Permissions missing")
    ACCESS_REVOKED = "ACCESS_REVOKED", _("Access revoked")
    ASLEEP_OR_OUT_OF_COVERAGE = "ASLEEP_OR_OUT_OF_COVERAGE", _("Asleep or out of coverage")
    PROVIDER_LIMITED = "PROVIDER_LIMITED", _("Manufacturer's service limits requests")
    PROVIDER_DOWN = "PROVIDER_DOWN", _("Manufacturer's service down")
    SIGN_IN_EXPIRED = "SIGN_IN_EXPIRED", _("Sign-in expired")
    UNKNOWN = "UNKNOWN", _("Unknown")

    @property
    def lasts(self) -> bool:
        """Whether it stays until a person acts."""
        return self not in _PASSING


_PASSING = {
    Cause.ASLEEP_OR_OUT_OF_COVERAGE,
    Cause.PROVIDER_LIMITED,
    Cause.PROVIDER_DOWN,
    Cause.UNKNOWN,
}
