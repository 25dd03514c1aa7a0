"""The form field for an e-mail address; every form of the portal takes addresses through it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from onboarding_portal.addresses import LONGEST, CannotBeMailed, normalize_address


class AddressField(forms.EmailField):
    """Gives the one spelling of the mailbox, and refuses what cannot be mailed."""

    default_error_messages = {
        "required": _("Enter your e-mail address."),
        "invalid": _("Enter an e-mail address, for example ann@example.com."),
    }

    def __init__(self, **kwargs: Any) -> None:
        # The length is that of the normalised address; as typed it may be longer, or shorter.
        super().__init__(**{"label": _("E-mail address"), "max_length": 2 * LONGEST, **kwargs})

    def to_python(self, value: Any) -> str:
        text = super().to_python(value) or ""
        if text in self.empty_values:
            return ""
        try:
            return normalize_address(text)
        except CannotBeMailed as error:
            reason = error.reason or self.error_messages["invalid"]
            raise forms.ValidationError(reason, code="invalid") from None
