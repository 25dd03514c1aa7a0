from django import forms
from django.utils.translation import gettext_lazy as _

from onboarding_portal.accounts.address_field import AddressField
from onboarding_portal.accounts.sign_in.code import code_in


class SignInForm(forms.Form):
    email = AddressField(
        widget=forms.EmailInput(
            attrs={
                "autocomplete": "email",
                "autocapitalize": "none",
                "spellcheck": "false",
                "autofocus": True,
            }
        ),
    )


class CodeForm(forms.Form):
    code = forms.CharField(
        label=_("Code"),
        max_length=2000,  # a whole message may be pasted
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

    def clean_code(self) -> str:
        return self.code_of(self.cleaned_data["code"])

    @staticmethod
    def code_of(text: str) -> str:
        """The code in what was typed or pasted. Raises ValidationError."""
        code = code_in(text)
        if not code:
            raise forms.ValidationError(
                _("There is no code in this. It has six letters, for example BCDFGH.")
            )
        return code
