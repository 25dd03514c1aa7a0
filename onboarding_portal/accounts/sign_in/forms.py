from django import forms
from django.utils.translation import gettext_lazy as _

from onboarding_portal.accounts.models import normalize_email

EMAIL_LENGTH = 254  # what the column holds


class SignInForm(forms.Form):
    email = forms.EmailField(
        label=_("E-mail address"),
        max_length=EMAIL_LENGTH,
        widget=forms.EmailInput(
            attrs={
                "autocomplete": "email",
                "autocapitalize": "none",
                "spellcheck": "false",
                "autofocus": True,
            }
        ),
        error_messages={
            "required": _("Enter your e-mail address."),
            "invalid": _("Enter an e-mail address, for example ann@example.com."),
        },
    )

    def clean_email(self) -> str:
        email = normalize_email(self.cleaned_data["email"])
        if len(email) > EMAIL_LENGTH:  # some letters are two in lower case
            raise forms.ValidationError(self.fields["email"].error_messages["invalid"])
        return email


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("Code"),
        max_length=40,
        widget=forms.TextInput(
            attrs={
                "class": "code-input",
                "autocomplete": "one-time-code",
                "inputmode": "text",
                "autocapitalize": "characters",
                "spellcheck": "false",
                "autofocus": True,
            }
        ),
        error_messages={"required": _("Enter the code from the e-mail.")},
    )
