from django import forms
from django.utils.translation import gettext_lazy as _

LONGEST = 40


class CodeForm(forms.Form):
    """Six digits of an app, or a recovery code: as they are typed or pasted, with spaces and dashes."""

    code = forms.CharField(
        label=_("Code"),
        max_length=LONGEST,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "autocapitalize": "characters",
                "spellcheck": "false",
                "autofocus": True,
            }
        ),
        error_messages={"required": _("Enter the code.")},
    )

    def clean_code(self) -> str:
        return "".join(
            letter for letter in self.cleaned_data["code"] if letter.isalnum() and letter.isascii()
        )


class PasskeyForm(forms.Form):
    name = forms.CharField(
        label=_("Name"),
        max_length=60,
        help_text=_("How you will know it again, for example: office laptop"),
        error_messages={"required": _("Give it a name.")},
    )
