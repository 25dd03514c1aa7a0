from typing import Any

from django import forms


class ConfirmationForm(forms.Form):
    """What the page that asks sends back: its token, and how many vehicles it spoke of."""

    token = forms.UUIDField()
    at_most = forms.IntegerField(min_value=1)

    @property
    def confirmed(self) -> dict[str, Any]:
        return {"token": self.cleaned_data["token"], "at_most": self.cleaned_data["at_most"]}
